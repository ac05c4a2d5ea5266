import Tensors

/// What stands in the files of a build folder. Nothing in them depends on the time or the machine but the files' sizes.
struct BuildText {
    let wish: ImageBuilder.Wish
    /// Folders that are copied onto the image's root, from what changes least to what changes most.
    let layers: [String]
    let modelBytes: Int

    var files: [(name: String, content: String)] {
        [
            ("Dockerfile", dockerfile), (".dockerignore", "*\n!files\n"), ("compose.yaml", compose),
            ("kubernetes.yaml", kubernetes),
        ]
    }

    private var program: String { "/\(ImageContents.Place.program)" }
    private var user: String { "\(ImageContents.user):\(ImageContents.user)" }
    /// `digits`
    private var name: String { wish.reference.split(separator: ":").first.map(String.init) ?? "model" }
    private var ping: [String] { [program, "ping", "http://127.0.0.1:\(wish.port)"] }

    /// A name that Kubernetes and compose take: letters, digits and `-`. Source: RFC 1123.
    private var label: String {
        let safe = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let trimmed = String(safe).split(separator: "-").joined(separator: "-").prefix(60)
        return trimmed.isEmpty ? "model" : String(trimmed)
    }

    /// Megabytes that the container may take: the program, and what an engine makes of the model.
    private var megabytes: Int {
        let wanted = 256 + (modelBytes / 1_000_000).multipliedReportingOverflow(by: 4).partialValue
        return (wanted + 63) / 64 * 64
    }

    /// JSON's arrays of strings are those of a Dockerfile and of YAML.
    private static func list(_ words: [String]) -> String {
        "[" + words.map { JSONValue.string($0).encodedString() }.joined(separator: ", ") + "]"
    }

    private static func text(_ word: String) -> String { JSONValue.string(word).encodedString() }

    // MARK: - Files

    private var dockerfile: String {
        let labels = ImageBuilder.labels(wish).map { "\($0.0)=\(Self.text($0.1))" }.joined(separator: " \\\n      ")
        return """
            # Serves \(wish.reference) with Slipway \(wish.programVersion): docker build -t \(wish.reference) .
            # Nothing is fetched: all that goes in lies in files/.
            FROM scratch
            LABEL \(labels)
            \(layers.map { "COPY \($0)/ /" }.joined(separator: "\n"))
            ENV PATH=/opt/slipway/bin SLIPWAY_ENGINES=/\(ImageContents.Place.engines) SLIPWAY_HOME=/tmp/slipway HOME=/tmp
            USER \(user)
            WORKDIR /tmp
            EXPOSE \(wish.port)
            STOPSIGNAL SIGTERM
            HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD \(Self.list(ping))
            ENTRYPOINT \(Self.list([program]))
            CMD \(Self.list(ImageBuilder.command(wish)))

            """
    }

    private var compose: String {
        """
        # docker compose up. No token is asked for: only this machine can reach the port.
        services:
          \(label):
            build: .
            image: \(Self.text(wish.reference))
            user: "\(user)"
            read_only: true
            tmpfs:
              - /tmp:mode=1777,size=64m
            cap_drop:
              - ALL
            security_opt:
              - no-new-privileges:true
            pids_limit: 4096
            ports:
              - "127.0.0.1:\(wish.port):\(wish.port)"
            restart: unless-stopped
            stop_grace_period: 40s
            healthcheck:
              test: \(Self.list(["CMD"] + ping))
              interval: 10s
              timeout: 5s
              start_period: 60s
              retries: 3
            deploy:
              resources:
                limits:
                  cpus: "2"
                  memory: \(megabytes)M

        """
    }

    private var kubernetes: String {
        """
        # kubectl apply -f kubernetes.yaml, once the image is where the cluster finds it.
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: \(label)
        spec:
          replicas: 1
          selector:
            matchLabels:
              app: \(label)
          template:
            metadata:
              labels:
                app: \(label)
            spec:
              automountServiceAccountToken: false
              terminationGracePeriodSeconds: 40
              securityContext:
                runAsNonRoot: true
                runAsUser: \(ImageContents.user)
                runAsGroup: \(ImageContents.user)
                seccompProfile:
                  type: RuntimeDefault
              containers:
                - name: \(label)
                  image: \(Self.text(wish.reference))
                  ports:
                    - containerPort: \(wish.port)
                  securityContext:
                    readOnlyRootFilesystem: true
                    allowPrivilegeEscalation: false
                    capabilities:
                      drop: ["ALL"]
                  resources:
                    requests:
                      cpu: 500m
                      memory: \(megabytes)Mi
                    limits:
                      memory: \(megabytes)Mi
                  startupProbe:
                    httpGet:
                      path: /v2/health/ready
                      port: \(wish.port)
                    periodSeconds: 2
                    failureThreshold: 60
                  readinessProbe:
                    httpGet:
                      path: /v2/health/ready
                      port: \(wish.port)
                  livenessProbe:
                    httpGet:
                      path: /v2/health/live
                      port: \(wish.port)
                  volumeMounts:
                    - name: tmp
                      mountPath: /tmp
              volumes:
                - name: tmp
                  emptyDir:
                    medium: Memory
                    sizeLimit: 64Mi
        ---
        apiVersion: v1
        kind: Service
        metadata:
          name: \(label)
        spec:
          selector:
            app: \(label)
          ports:
            - port: 80
              targetPort: \(wish.port)

        """
    }
}
