import Trust

extension Route {
    /// Everything there is, protocol by protocol.
    package static let table: [Route] = server + openInference + rows + platforms + extensions + sharedMemory

    /// About the server itself.
    private static let server = [
        Route(.get, "/", .anonymous, .index, "Lists the routes.", exposure: .health),
        Route(
            .get, "/openapi.json", .anonymous, .openAPI, "Describes every route for programs.", exposure: .health),
        Route(.get, "/metrics", .anonymous, .metrics, "Gives metrics to Prometheus.", exposure: .metrics),
    ]

    /// Source: Open Inference Protocol, REST; `/v2/models` is KServe's.
    private static let openInference =
        [
            Route(.get, "/v2", .viewer, .serverMetadata, "Says what the server is and which extensions it knows."),
            Route(
                .get, "/v2/health/live", .anonymous, .live, "Says that the server is alive.", exposure: .health),
            Route(
                .get, "/v2/health/ready", .anonymous, .ready, "Says whether every model is ready.", exposure: .health),
            Route(.get, "/v2/models", .viewer, .modelList, "Lists the models."),
            // Triton's; before the models, so that none can take its name.
            Route(.get, "/v2/models/stats", .viewer, .allStatistics, "Says what all models have done so far."),
        ]
        + ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { model in
            [
                Route(.get, model, .viewer, .modelMetadata, "Describes a model's inputs and outputs."),
                Route(
                    .get, model + "/ready", .anonymous, .modelReady, "Says whether a model is ready.",
                    exposure: .health),
                Route(.post, model + "/infer", .invoker, .infer, "Runs a model on tensors."),
            ]
        }
        + [
            // Ours. An id belongs to an answer, whichever version gave it.
            Route(
                .post, "/v2/models/{model}/feedback", .invoker, .feedback,
                "Takes labels for answers, by the ids of their requests.")
        ]

    /// Source: TensorFlow Serving, RESTful API; KServe, V1 protocol.
    private static let rows =
        [Route(.get, "/v1/models", .viewer, .modelList, "Lists the models.")]
        + ["/v1/models/{model}", "/v1/models/{model}/versions/{version}", "/v1/models/{model}/labels/{label}"]
        .flatMap { model in
            [
                Route(.get, model, .viewer, .modelStatus, "Says which versions of a model are ready."),
                Route(.get, model + "/metadata", .viewer, .modelSignature, "Describes a model's inputs and outputs."),
                Route(.post, model + ":predict", .invoker, .predict, "Runs a model on rows or columns."),
                Route(.post, model + ":classify", .invoker, .classify, "Runs a classifier on examples."),
                Route(.post, model + ":regress", .invoker, .regress, "Runs a regression on examples."),
            ]
        }

    /// What hosting platforms ask of a container. Source: Amazon SageMaker, "Custom Inference Code"; MLflow, scoring
    /// server; Vertex AI, "Custom container requirements", whose paths are these unless they are configured.
    private static let platforms = [
        Route(.get, "/ping", .anonymous, .ping, "Says whether the server is ready.", exposure: .health),
        Route(
            .get, "/execution-parameters", .anonymous, .executionParameters, "Says how a batch transform may ask.",
            exposure: .health),
        Route(.post, "/invocations", .invoker, .invocations, "Runs the only model, or the one that a header names."),
        Route(
            .get, "/v1/endpoints/{endpoint}/deployedModels/{deployment}", .anonymous, .ping,
            "Says whether the server is ready.", exposure: .health),
        Route(
            .post, "/v1/endpoints/{endpoint}/deployedModels/{deployment}:predict", .invoker, .predict,
            "Runs the only model on rows."),
        // Those of multi-model endpoints. Source: Amazon SageMaker, "Custom containers for multi-model endpoints".
        Route(.get, "/models", .viewer, .multiModelList, "Lists the models in service, page by page."),
        Route(
            .post, "/models", .deployer, .multiModelLoad, "Puts a registered version into service, where clients may."),
        Route(.get, "/models/{model}", .viewer, .multiModelShow, "Says which version a model is."),
        Route(
            .delete, "/models/{model}", .deployer, .multiModelUnload,
            "Takes a model out of service, where clients may."),
        Route(.post, "/models/{model}/invoke", .invoker, .invocations, "Runs a model, as /invocations does."),
    ]

    /// Source: Triton's extensions: model configuration, statistics, model repository, logging.
    private static let extensions =
        ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"].flatMap { model in
            [
                Route(.get, model + "/config", .viewer, .modelConfiguration, "Gives a model's configuration."),
                Route(.get, model + "/stats", .viewer, .modelStatistics, "Says what a model has done so far."),
            ]
        }
        + [
            Route(.post, "/v2/repository/index", .viewer, .repositoryIndex, "Lists the models with their states."),
            Route(
                .post, "/v2/repository/models/{model}/load", .deployer, .repositoryLoad,
                "Puts a model into service, where clients may."),
            Route(
                .post, "/v2/repository/models/{model}/unload", .deployer, .repositoryUnload,
                "Takes a model out of service, where clients may."),
            Route(.get, "/v2/logging", .viewer, .logging, "Says how the server logs."),
            Route(.post, "/v2/logging", .admin, .loggingChange, "Is refused: the log is set up at the start."),
        ]

    /// Source: Triton's extensions: system shared memory, CUDA shared memory.
    private static let sharedMemory =
        [
            Route(.get, "/v2/systemsharedmemory/status", .invoker, .sharedStatus, "Lists regions of shared memory."),
            Route(
                .get, "/v2/systemsharedmemory/region/{region}/status", .invoker, .sharedStatus,
                "Describes a region of shared memory."),
            Route(
                .post, "/v2/systemsharedmemory/region/{region}/register", .invoker, .sharedRegister,
                "Registers a region of shared memory, where clients may."),
            Route(
                .post, "/v2/systemsharedmemory/region/{region}/unregister", .invoker, .sharedUnregister,
                "Forgets a region of shared memory."),
            Route(
                .post, "/v2/systemsharedmemory/unregister", .invoker, .sharedUnregister,
                "Forgets all regions of shared memory."),
            Route(
                .get, "/v2/cudasharedmemory/status", .invoker, .cudaStatus, "Lists no region: there is no CUDA memory."),
            Route(
                .get, "/v2/cudasharedmemory/region/{region}/status", .invoker, .cudaStatus,
                "Finds no region: there is no CUDA memory."),
            Route(
                .post, "/v2/cudasharedmemory/region/{region}/register", .invoker, .cudaRegister,
                "Is refused: there is no CUDA memory."),
            Route(
                .post, "/v2/cudasharedmemory/region/{region}/unregister", .invoker, .cudaUnregister,
                "Forgets a region, of which there is none."),
            Route(
                .post, "/v2/cudasharedmemory/unregister", .invoker, .cudaUnregister,
                "Forgets all regions, of which there are none."),
        ]
}
