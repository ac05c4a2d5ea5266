import NIOCore

/// Requests about the repository of models, which others than the event loop answer.
extension HTTPConnection {
    /// What a request asks of the one who controls models; `nil` for one that is answered at once.
    func errand(_ match: RouteMatch, body: [UInt8]) throws(RequestFault) -> ModelErrand? {
        guard loop.plane.configuration.offersModelControl else { return nil }
        switch match.route.action {
        case .repositoryIndex:
            _ = try Repository.isReadyAsked(body)
            return .names
        case .repositoryLoad:
            return .load(match.model ?? "", try Repository.loadParameters(body))
        case .repositoryUnload:
            _ = try Repository.loadParameters(body)
            return .unload(match.model ?? "")
        case .multiModelLoad:
            let request = try MultiModel.LoadRequest(body)
            guard loop.table.endpoints[request.name]?.arms.isEmpty ?? true else {
                throw MultiModel.present(request.name)
            }
            return request.reference.map { .loadVersion($0, as: request.name) } ?? .load(request.name)
        case .multiModelUnload: return .unload(match.model ?? "")
        default: return nil
        }
    }

    /// Has it done, and answers when it is.
    func start(_ errand: ModelErrand, _ match: RouteMatch, body: [UInt8]) {
        errands += 1
        let number = errands
        enter(.waiting, at: readAt)
        loop.run(errand, for: current?.client ?? "") { result in
            // Another request may have come in its place, if its client did not wait.
            guard self.phase == .waiting, self.errands == number else { return }
            self.conclude(result, match, body: body)
            self.goOn()
        }
    }

    private func conclude(_ result: Result<[String], RequestFault>, _ match: RouteMatch, body: [UInt8]) {
        do throws(RequestFault) {
            switch (match.route.action, result) {
            case (_, .failure(let fault)): throw fault
            case (.repositoryIndex, .success(let names)):
                reply(Answer(body: try Repository.index(loop.table, body: body, names: names)))
            case (.repositoryLoad, .success):
                reply(Answer(body: Repository.done(match.model ?? "", "load")))
            case (.multiModelLoad, .success), (.multiModelUnload, .success): reply(Answer(body: Array("{}".utf8)))
            case (_, .success): reply(Answer(body: Repository.done(match.model ?? "", "unload")))
            }
        } catch {
            answer(error)
        }
    }
}
