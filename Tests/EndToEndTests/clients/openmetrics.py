"""Reads the metrics of servers as OpenMetrics, and writes of each what it found: openmetrics.py HOST:PORT..."""
import json
import sys
import urllib.request

from prometheus_client.openmetrics.parser import text_string_to_metric_families

for address in sys.argv[1:]:
    request = urllib.request.Request(
        f"http://{address}/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    with urllib.request.urlopen(request) as reply:
        kind = reply.headers["Content-Type"]
        text = reply.read().decode()
    assert kind == "application/openmetrics-text; version=1.0.0; charset=utf-8", kind
    families = {family.name: family for family in text_string_to_metric_families(text)}
    latency = families["slipway_request_duration_seconds"]
    examples = [sample for sample in latency.samples if sample.exemplar]
    for sample in examples:
        assert sample.labels["stage"] == "total" and sample.exemplar.value <= float(sample.labels["le"]), sample
        assert float(sample.exemplar.timestamp) > 1_700_000_000, sample
    requests = families["slipway_requests"]
    print(json.dumps({
        "traces": sorted({sample.exemplar.labels["trace_id"] for sample in examples}),
        "units": sorted({family.unit for family in families.values()} - {""}),
        "requests": int(sum(sample.value for sample in requests.samples)),
        "triton": families["nv_inference_count"].type,
    }))
