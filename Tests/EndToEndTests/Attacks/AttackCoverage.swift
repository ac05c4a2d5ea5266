/// A row of the attack list, and what is done about it.
struct AttackRow: Sendable, CustomStringConvertible {
    /// 1 to 120: H (HTTP) 1 to 19, G (gRPC) 20 to 33, T (tensors) 34 to 55, M (model files) 56 to 83, R (registry) 84 to 101,
    /// A (access) 102 to 120.
    var number: Int
    /// What the attack is.
    var name: String
    /// `TARGET/FILE.FUNCTION`, of tests below `Tests/`.
    var tests: [String]
    /// Why some or all of it is not tested; empty when all of it is.
    var reason: String

    var description: String { "row \(number) (\(name))" }

    init(_ number: Int, _ name: String, _ tests: String..., reason: String = "") {
        self.number = number
        self.name = name
        self.tests = tests
        self.reason = reason
    }

    /// Every row there is. `AttackCoverageTests` holds it to being complete and true.
    static let all = http + gRPC + tensors + models + registry + access

    /// Rows of the tables in this folder.
    static let inTables =
        RequestAttack.all.map(\.row) + ModelAttack.all.map(\.row) + RunAttack.all.map(\.row)

    private static let requests = "EndToEndTests/RequestAttackTests.everyHostileRequestIsRefusedInWordsAndHarmsNothing"
    private static let imports = "EndToEndTests/ModelAttackTests.everyHostileModelIsRefusedInWordsAndHarmsNothing"
    private static let runs = "EndToEndTests/RunAttackTests.everyHostileNumberIsAnsweredInWordsAndHarmsNothing"
    private static let files = "EndToEndTests/FileAttackTests.everyBombIsRefusedAtEveryDoorWithoutGoingOff"
    private static let references = "EndToEndTests/ForeignReferenceTests.noReferenceReachesAFileOrAnotherServer"

    // MARK: - H: HTTP/1 and the web

    private static let http = [
        AttackRow(1, "one-byte chunks", "ServeTests/HTTPTests.threeMegabytesOfOneByteChunksAreRefused"),
        AttackRow(
            2, "headers that drip", "ServeTests/HTTPTests.headersThatDripAreTimedOut",
            "EndToEndTests/SlowClientTests.headersThatDripAreCutOffAndCostOthersNothing",
            "ControlTests/ConnectionGuardTests.whatDripsIsCutOff",
            "ServeTests/HTTPTests.moreConnectionsThanAllowedAreTurnedAway"),
        AttackRow(
            3, "bodies that drip", "ServeTests/HTTPTests.bodiesThatDripAreTimedOut",
            "ControlTests/ConnectionGuardTests.whatDripsIsCutOff"),
        AttackRow(
            4, "smuggling", "ServeTests/HTTPTests.ambiguousRequestsEndTheConnection",
            "ServeTests/HTTPTests.bareLineFeedsDoNotSmuggleARequest", "ServeTests/HTTPTests.chunkExtensionsAreLimited",
            "ServeTests/RequestParserTests.whatReadersDisagreeAboutIsRefused",
            "ServeTests/RequestParserTests.damagedRequestsAreReadAsByTheLibrary",
            "ControlTests/ConnectionGuardTests.ambiguousRequestsEndTheConnection"),
        AttackRow(
            5, "large headers", "ServeTests/HTTPTests.headersAreLimited",
            "ControlTests/ConnectionGuardTests.whatIsTooLargeIsRefused"),
        AttackRow(6, "long targets", "ServeTests/HTTPTests.headersAreLimited"),
        AttackRow(
            7, "declared bodies", "ServeTests/HTTPTests.declaredBodiesAreRefusedUnread",
            "EndToEndTests/SafetyTests.aBodyOverTheLimitIsRefusedBeforeItIsRead",
            "ControlTests/ConnectionGuardTests.theCredentialIsCheckedBeforeTheBodyIsRead"),
        AttackRow(8, "undeclared bodies", "ServeTests/HTTPTests.undeclaredBodiesAreRefusedAtTheLimit"),
        AttackRow(9, "encoded bodies", "ServeTests/HTTPTests.encodedBodiesAreRefused", files),
        AttackRow(10, "multipart", "ServeTests/HTTPTests.multipartBodiesAreRefusedUnread"),
        AttackRow(
            11, "pipelines that are left",
            "ServeTests/QueueTests.tenThousandPipelinedRequestsOfAClientThatLeftAreDropped"),
        AttackRow(
            12, "DNS rebinding", "ServeTests/AccessTests.pagesOfOtherSitesReachNothingOnLoopback",
            "ControlTests/ControlGateTests.aForeignHostIsRefusedWhoeverAsks",
            "EndToEndTests/SafetyTests.aRequestUnderAForeignNameIsMisdirected"),
        AttackRow(
            13, "requests of other sites", "ServeTests/AccessTests.pagesOfOtherSitesReachNothingOnLoopback",
            "ControlTests/ControlGateTests.aForeignPageChangesNothing",
            "EndToEndTests/SafetyTests.aPageOfAnotherSiteCannotAct"),
        AttackRow(
            14, "preflights", "ServeTests/AccessTests.pagesOfOtherSitesReachNothingOnLoopback",
            "ServeTests/RouteTests.otherPathsAreRefused"),
        AttackRow(
            15, "traversal in paths", "ServeTests/RouteTests.traversalIsRefusedInEveryParameter",
            "ServeTests/RouteTests.otherPathsAreRefused", requests),
        AttackRow(
            16, "methods", "ServeTests/RouteTests.otherMethodsAreRefused",
            "ServeTests/HTTPTests.methodOverridesAreIgnored"),
        AttackRow(17, "ranges", "ServeTests/HTTPTests.methodOverridesAreIgnored"),
        AttackRow(
            18, "idle streams", "ServeTests/HTTPTests.idleConnectionsAreClosed",
            "ServeTests/HTTPTests.moreConnectionsThanAllowedAreTurnedAway",
            "EndToEndTests/SlowClientTests.theControlPlaneTakesNoMoreConnectionsThanItMay",
            "ControlTests/PulseTests.onlySoManyListenAndWhoeverGoesMakesRoom",
            "ControlTests/SignInTests.streamsEndWithTheSession",
            reason: "48 streams of server-sent events at a time, whoever listens; there are no WebSockets"),
        AttackRow(
            19, "100-continue", "ServeTests/HTTPTests.bodiesThatDripAreTimedOut",
            "ServeTests/HTTPTests.continueIsSaidBeforeTheBody"),
    ]

    // MARK: - G: HTTP/2 and gRPC

    private static let gRPC = [
        AttackRow(20, "rapid resets", "ServeTests/ConnectionTests.rapidResetsEndTheConnection"),
        AttackRow(
            21, "headers without end", "ServeTests/ConnectionTests.headersWithoutEndEndTheConnection",
            "ServeTests/ConnectionTests.framesThatLieEndTheConnection"),
        AttackRow(22, "compressed headers", "ServeTests/ConnectionTests.framesThatLieEndTheConnection"),
        AttackRow(
            23, "floods of frames", "ServeTests/ConnectionTests.floodsOfPingsEndTheConnection",
            "ServeTests/ConnectionTests.floodsOfSettingsEndTheConnection",
            "ServeTests/ConnectionTests.floodsOfPrioritiesEndTheConnection",
            "ServeTests/ConnectionTests.floodsOfWindowUpdatesEndTheConnection",
            "ServeTests/ConnectionTests.floodsOfEmptyDataEndTheConnection"),
        AttackRow(
            24, "windows that stay shut", "ServeTests/ConnectionTests.aClientThatTakesNothingHoldsLittleAndNotForLong",
            "ServeTests/StreamTests.aStreamThatIsNotReadIsHeldBackAndGivenUp"),
        AttackRow(25, "frames that lie", "ServeTests/ConnectionTests.framesThatLieEndTheConnection"),
        AttackRow(26, "too many streams", "ServeTests/ConnectionTests.callsBeyondTheLimitEndTheConnection"),
        AttackRow(
            27, "a length of 4 GiB", "ServeTests/CallRefusalTests.framingThatLiesIsRefused",
            "ServeTests/CallRefusalTests.largeMessagesAreRefusedBeforeTheyAreSent"),
        AttackRow(
            28, "packed messages", "ServeTests/CallRefusalTests.aBombIsRefusedBeforeItGoesOff",
            "ServeTests/CallRefusalTests.framingThatLiesIsRefused",
            "ServeTests/MessageLimitTests.aMessageTakesNoMoreThanItSaid"),
        AttackRow(
            29, "protobuf", "ServeTests/CallRefusalTests.malformedMessagesAreRefused",
            "ServeTests/CallRefusalTests.unknownFieldsAreSkippedWhateverTheirSize"),
        AttackRow(30, "deadlines", "ServeTests/CallRefusalTests.deadlinesAreUnderstood"),
        AttackRow(
            31, "metadata", "ServeTests/CallRefusalTests.metadataThatIsNoneIsNotLookedAt",
            "ServeTests/ConnectionTests.framesThatLieEndTheConnection"),
        AttackRow(32, "streams that say nothing", "ServeTests/StreamTests.aStreamThatSaysNothingIsEnded"),
        AttackRow(
            33, "reflection and health", "ServeTests/CallRefusalTests.whatIsNotOfferedIsSaidSo",
            "ServeTests/ConnectionTests.everyMethodAnswersExactlyTheRolesItDeclares"),
    ]

    // MARK: - T: JSON and tensors

    private static let tensors = [
        AttackRow(34, "depth", requests, "ServeTests/InferenceTests.malformedBodiesAreRefused"),
        AttackRow(35, "keys twice", requests, "ServeTests/InferenceTests.malformedBodiesAreRefused"),
        AttackRow(36, "numbers beyond JSON", requests),
        AttackRow(37, "numbers beyond their type", requests, "ServeTests/InferenceTests.whatATypeCannotHoldIsRefused"),
        AttackRow(38, "text that is none", requests, "ServeTests/InferenceTests.malformedBodiesAreRefused"),
        AttackRow(39, "shapes", requests, "ServeTests/InferenceTests.whatDoesNotFitIsRefusedByName"),
        AttackRow(40, "lengths", requests, "ServeTests/InferenceTests.whatDoesNotFitIsRefusedByName"),
        AttackRow(
            41, "binary sizes", requests, "ServeTests/BinaryTests.sizesThatDisagreeAreRefused",
            "ServeTests/BinaryTests.headerLengthsThatCannotBeAreRefused"),
        AttackRow(
            42, "lengths of strings", runs, "ServeTests/BinaryTests.stringsWhoseLengthsLieAreRefused",
            "ServeTests/CallTypeTests.binaryStringsThatLieAreRefused"),
        AttackRow(43, "types", requests, "ServeTests/CallTypeTests.elementsThatDoNotFitAreRefused"),
        AttackRow(44, "inputs and outputs", requests, "ServeTests/CallRefusalTests.requestsThatDoNotFitAreRefused"),
        AttackRow(45, "batches", runs),
        AttackRow(
            46, "amplification", runs, "EnginesTests/HostileRunTests.aRunThatNeedsTooMuchMemoryFailsBeforeItTakesAny",
            "ServeTests/LimitedReplyTests.aReplyThatIsTooLargeIsRefusedBeforeItIsWritten"),
        AttackRow(47, "parameters", requests, "ServeTests/CallRefusalTests.requestsThatDoNotFitAreRefused"),
        AttackRow(
            48, "sequences", requests, "ServeTests/SequenceTests.nobodyReachesTheSequencesOfOthers",
            "ServeTests/SequenceTests.startingAgainForgetsWhatWas",
            "ServeTests/SequenceTests.whatHasNotBegunIsRefusedInTritonsWords"),
        AttackRow(
            49, "shared memory", requests, "ServeTests/SharedMemoryTests.nothingIsSharedUnlessAskedFor",
            "ServeTests/SharedMemoryTests.onlySegmentsWithThePrefixAreOpenedAndNoneIsNamedInErrors",
            "ServeTests/SharedMemoryTests.regionsLieWithinTheirSegments",
            "ServeTests/SharedMemoryTests.aSegmentThatShrinksIsAnErrorAndNoMore"),
        AttackRow(50, "names of models", requests, "ReleaseTests/NameTests.otherNamesAreRefused"),
        AttackRow(
            51, "text in logs", requests, "SlipwayCLITests/TextTests.aLineOfALogStaysALine",
            "ServeTests/RouteTests.requestIdentifiersAreEchoedWhenTheyAreSane"),
        AttackRow(52, "series of metrics", requests, "ServeTests/ServeMetricsTests.unknownNamesMakeNoSeries"),
        AttackRow(
            53, "markup in the console", "EndToEndTests/ConsoleTests.whatOthersWroteIsText",
            "ControlTests/PageTests.textStaysText", "ControlTests/PageTests.nothingRunsThatIsNotAFileOfOurs"),
        AttackRow(
            54, "clients that never read", "ServeTests/HTTPTests.repliesThatNobodyReadAreBounded",
            "ServeTests/StreamTests.aStreamThatIsNotReadIsHeldBackAndGivenUp"),
        AttackRow(55, "backtracking", runs),
    ]

    // MARK: - M: model files

    private static let models = [
        AttackRow(56, "weights elsewhere", imports, "WorkshopTests/ModelFolderTests.everyWayOutIsRefusedAsOne"),
        AttackRow(57, "weights elsewhere, hidden", imports),
        AttackRow(58, "offsets and lengths", imports),
        AttackRow(
            59, "a swap between check and use",
            "WorkshopTests/ModelFolderTests.aSwapBetweenCheckAndUseOpensNothingElse",
            "WorkshopTests/StagedFileTests.aFileThatIsChangedWhileItIsReadIsRefused"),
        AttackRow(60, "weights replaced", "EndToEndTests/ModelAttackTests.aVersionWhoseBytesWereReplacedIsNotLoaded"),
        AttackRow(
            61, "cuts and flipped bits", "FuzzTests/DamageTests.aThousandDamagedCopiesAreErrorsOrModels",
            "EndToEndTests/HostileFileTests.aFileThatIsNoModelIsRefusedAndHarmsNothing",
            "EndToEndTests/ModelAttackTests.moreThanTwoGigabytesOfZerosAreRefused"),
        AttackRow(62, "tensors", imports),
        AttackRow(63, "graphs", imports, "ModelGraphTests/ValidationTests.aBrokenRuleIsReported"),
        AttackRow(
            64, "depth", imports, "ModelGraphTests/ScopeTests.aThousandMillionNodesAreRefusedWithoutExpandingThem"),
        AttackRow(65, "number", imports, "ModelGraphTests/ValidationTests.limitsAreKept"),
        AttackRow(66, "loops without end", "WorkshopTests/RunawayTests.aLoopWithoutEndIsStopped"),
        AttackRow(
            67, "absurd attributes", imports, runs,
            "EndToEndTests/ModelAttackTests.whatOnlyAnEngineNoticesIsRefusedInWords",
            "ModelGraphTests/AttributeRangeTests.absurdValuesAreNamed"),
        AttackRow(
            68, "weights that are no numbers", "ModelGraphTests/DoubtTests.weightsThatAreNoFiniteNumbersAreTold",
            "ModelGraphTests/DoubtTests.scalesThatCannotBeMeantAreTold"),
        AttackRow(69, "other domains", imports),
        AttackRow(
            70, "other formats", imports, "EndToEndTests/HostileFileTests.aFileThatIsNoModelIsRefusedAndHarmsNothing",
            "EndToEndTests/PickleDoorTests.aCanaryFiresThroughNoDoor",
            "PickleTests/PickleFileTests.aCanaryIsFoundAndNeverFires",
            "EndToEndTests/KerasDoorTests.whatIsNotRebuiltIsNamedAndNothingIsKept",
            "HDF5Tests/AttackTests.treesThatGoRoundInCirclesAreRefused",
            "HDF5Tests/AttackTests.hugeSizesAreRefusedUnallocated"),
        AttackRow(
            71, "archives", files, "RegistryTests/TarTests.pathsThatLeadAstrayAreRefused",
            "RegistryTests/TarTests.longPathsThatLeadAstrayAreRefused", "RegistryTests/TarTests.whatIsNoFileIsRefused",
            "RegistryTests/TarTests.membersThatShareAPathAreRefused", "RegistryTests/TarTests.modesHaveNoEffect",
            "RegistryTests/TarTests.moreMembersThanAllowedAreRefusedUnread"),
        AttackRow(
            72, "bombs", files, "ServeTests/CallRefusalTests.aBombIsRefusedBeforeItGoesOff",
            "TensorsTests/NPZTests.limitsAreKept", "TensorsTests/CSVTableTests.zeroBytesAreNoText",
            reason: "zstd and xz are not read anywhere"),
        AttackRow(
            73, "zip files that contradict themselves", imports, "TensorsTests/NPZTests.otherFilesAreRefused",
            "TensorsTests/DamagedFileTests.flippedBitsNeverTrap",
            "PickleTests/PickleFileTests.zipFilesThatContradictThemselvesAreRefused"),
        AttackRow(74, "safetensors", "PickleTests/SafetensorsTests.everyBrokenRuleIsRefused"),
        AttackRow(75, "GGUF", imports, reason: "it is refused by name: nothing reads it yet"),
        AttackRow(
            76, "LiteRT", imports, "TensorFlowTests/FlatAttackTests.aLieIsNamed",
            "TensorFlowTests/FlatAttackTests.oneTableCannotBeReadWithoutEnd",
            "EndToEndTests/LiteDoorTests.operatorsThatAreNotRebuiltAreNamedAtOnceAndNothingIsKept"),
        AttackRow(
            77, "arrays", imports, "TensorsTests/NPYTests.hostileHeadersAreRejected",
            "TensorsTests/NPYTests.otherTypesAreRefused"),
        AttackRow(
            78, "protobuf's limits", "EndToEndTests/ModelAttackTests.moreThanTwoGigabytesOfZerosAreRefused",
            "ModelGraphTests/UnknownFieldTests.everyMessageKeepsThem"),
        AttackRow(
            79, "sources that are no files", "WorkshopTests/StagedFileTests.whatIsNoRegularFileIsRefused",
            "EndToEndTests/HostileFileTests.aFileThatIsNoModelIsRefusedAndHarmsNothing"),
        AttackRow(80, "files of holes", files, "EndToEndTests/FileAttackTests.weightsMadeOfHolesAreRefused"),
        AttackRow(81, "imports at once", "EndToEndTests/ModelAttackTests.importsOfOneFileAtOnceAreOneVersion"),
        AttackRow(
            82, "a source that changes", "WorkshopTests/StagedFileTests.aFileThatIsChangedWhileItIsReadIsRefused"),
        AttackRow(
            83, "an optimiser's pass that changes answers",
            "OptimizeTests/OptimizerTests.aPassThatIsWrongIsUndoneAndNamedAndTheOthersStay",
            "OptimizeTests/OptimizerTests.doublingAnyWeightIsSeen"),
    ]

    // MARK: - R: registry

    private static let registry = [
        AttackRow(84, "digests", imports, requests, "DistributionTests/ReferenceTests.whatIsNoPlaceIsRefused"),
        AttackRow(
            85, "blobs that are not what they are called",
            "DistributionTests/DownloadTests.liesAreNoticedAndNothingIsStored",
            "DistributionTests/RoundTripTests.aBlobThatWasReplacedIsNoticed"),
        AttackRow(
            86, "uploads", "DistributionTests/UploadTests.brokenOffItGoesOnWithWhatTheRegistryHas",
            "DistributionTests/UploadTests.aRangeThatCannotBeEndsTheUpload",
            "DistributionTests/DownloadTests.brokenOffItGoesOnWhereItStood",
            reason: "as a client: nothing is uploaded to Slipway itself"),
        AttackRow(
            87, "manifests", "DistributionTests/ManifestTests.aListThatContainsItselfEnds",
            "DistributionTests/ManifestTests.aHundredThousandLayersAreRefused",
            "DistributionTests/ManifestTests.layersThatAreNotTakenAreRefused",
            "DistributionTests/ManifestTests.sizesAndDigestsThatCannotBeAreNoticed",
            "DistributionTests/ManifestTests.aManifestOverFourMegabytesIsNotRead"),
        AttackRow(
            88, "registries that lie", "DistributionTests/TrustTests.redirectsToWhereWeDoNotGoAreNotFollowed",
            "DistributionTests/TrustTests.aRedirectLoopEnds",
            "DistributionTests/TrustTests.aRedirectToAnotherHostDropsTheCredentials",
            "DistributionTests/TrustTests.aTokenServiceOfSomebodyElseDoesNotLearnThePassword",
            "DistributionTests/DownloadTests.anEndlessBlobEnds",
            "DistributionTests/DownloadTests.aTricklingBlobIsGivenUp",
            "EndToEndTests/RegistryTests.aCertificateThatNobodyVouchesForIsRefused"),
        AttackRow(
            89, "addresses of this network",
            "DistributionTests/ReferenceTests.addressesThatAreNotFollowedAreNotEvenRead",
            references),
        AttackRow(
            90, "files by reference", references, "ServeTests/CallRefusalTests.aLoadThatNamesAFileOrAnAddressIsRefused"),
        AttackRow(91, "traversal in the management API", requests),
        AttackRow(
            92, "a hundred who expect the same",
            "EndToEndTests/RegistryAttackTests.ofAHundredWhoExpectTheSameOneMovesTheAlias"),
        AttackRow(93, "removing what is needed", imports, "EndToEndTests/CommandLineTests.whatIsNeededIsNotRemoved"),
        AttackRow(94, "SQL", requests, reason: "there is no search and no sorting by a client's wish"),
        AttackRow(95, "forged cursors", requests, "ControlTests/RouteTests.forgedCursorsAndLimitsAreRefused"),
        AttackRow(
            96, "200,000 versions", "HomeTests/ManyVersionsTests.pagesAreBoundedAndTogetherComplete",
            "HomeTests/ManyVersionsTests.everyListIsFoundByAnIndex",
            "HomeTests/ManyVersionsTests.whateverIsAskedForAPageIsSmall",
            "EndToEndTests/ManyVersionsTests.listsOfManyVersionsAreAPageLong"),
        AttackRow(97, "two servers", "EndToEndTests/SafetyTests.aSecondServerOfAHomeIsTurnedAwayByName"),
        AttackRow(
            98, "signatures", "SealsTests/SealAttackTests.aStatementThatBreaksARuleIsRefusedAlthoughItsSignatureHolds",
            "SealsTests/SealAttackTests.aBundleThatBreaksARuleIsRefused",
            "SealsTests/SealAttackTests.everyFlippedBitOfThePayloadAndTheSignatureIsFound",
            "SealsTests/SealAttackTests.aFolderThatIsNotWhatWasSignedIsRefused",
            "SealsTests/SealAttackTests.theSealOfAnotherModelDoesNotHoldForThisOne",
            "SealsTests/ReferenceTests.aCertificateIsRefusedWithTheWayOut",
            "RegistryTests/SealTests.theSealOfAnotherVersionOrOfFilesDoesNotHold",
            "EndToEndTests/SealTests.aServerLoadsOnlyWhatIsSigned",
            reason: "certificates and shards are refused by name: nothing reads them yet"),
        AttackRow(
            99, "an older version that is signed", "RegistryTests/SealTests.anAliasTakesNothingUnsignedAndNothingOlder",
            "RegistryTests/SealTests.beforeTheFirstSealTheNumberTells",
            "EndToEndTests/SealTests.nothingUnsignedAndNothingOlderGoesIntoService"),
        AttackRow(
            100, "encrypted blobs", "SealsTests/StreamTests.aStreamThatWasTouchedGivesNothing",
            "SealsTests/StreamTests.aSegmentOpensInItsPlaceOnly", "SealsTests/StreamTests.noTwoStreamsAreAlike",
            "SealsTests/EncryptedHeaderTests.aNameThatPointsAtTheWrongKeyOpensNothing",
            "SealsTests/EncryptedHeaderTests.aWrappedKeyThatWasTouchedOpensNothing",
            "RegistryTests/EncryptedArchiveTests.whatWasTouchedIsRefusedAndLeavesNothing",
            "RegistryTests/EncryptedArchiveTests.noByteOfTheHeaderCanBeChanged",
            reason: "archives are encrypted, blobs in the home are not; keys are wrapped by HPKE, there is no RSA"),
        AttackRow(
            101, "archives and backups that were altered",
            "RegistryTests/BackupTests.whatWasChangedIsRefusedBeforeAnythingIsTouched",
            "RegistryTests/BackupTests.everyFlippedBitOfAManifestIsFound",
            "RegistryTests/BackupTests.aManifestThatLeadsAstrayIsRefused",
            "RegistryTests/BackupTests.aBackupOfALaterSlipwayIsRefusedByName",
            "EndToEndTests/BackupTests.whatWasChangedIsRefusedAndAHomeThatIsThereGoesAside",
            "EndToEndTests/RegistryAttackTests.anArchiveOfANewerFormOrAlteredIsRefusedBeforeAnythingIsStored",
            "RegistryTests/ArchiveTests.everyFlippedBitIsRefusedOrHarmless"),
    ]
}
