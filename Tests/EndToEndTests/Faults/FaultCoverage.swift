import Testing

/// Faults F18 to F32 of the research's list: where each is tested, or why it is not.
@Suite struct FaultCoverageTests {
    static let faults: [(number: Int, tests: [String], reason: String)] = [
        (
            18,
            [
                "EndToEndTests/DescriptorFaultTests.withFewDescriptorsTheServerTurnsAwaySpinsNotAndRecovers",
                "ControlTests/DescriptorBudgetTests.bothPlanesGetAShareOfWhatIsLeft",
            ], ""
        ),
        (
            19,
            ["EndToEndTests/ProcessLimitFaultTests.withoutProcessesWhatServesGoesOnAndTheSupervisorWaits"],
            "only where a test may make a control group"
        ),
        (
            20,
            [
                "EndToEndTests/MemoryTests.whatWouldNotFitIsRefusedAndWhatRunsGoesOn",
                "ControlTests/MemoryBudgetTests.whatWouldNotFitIsRefusedWithNumbersBeforeItIsRead",
            ], ""
        ),
        (
            21,
            [
                "EndToEndTests/ReloadFaultTests.aThousandVersionsComeAndGoAndMemoryStaysFlat",
                "WorkshopTests/ReloadTests.twoHundredReloadsTakeNoMemory",
            ], ""
        ),
        (
            22,
            [
                "ServeTests/SwapTests.aRequestIsAnsweredByTheVersionItPicked",
                "ServeTests/SwapTests.swappingUnderLoadLosesNothing",
                "EndToEndTests/SoakTests.releasesUnderSteadyLoadCostNoRequestAndNoAnswer",
            ], ""
        ),
        (
            23,
            [
                "ControlTests/ReconcilerTests.whenTheNewestFailsTheOneBeforeStays",
                "EndToEndTests/NativeCrashTests.aVersionThatCrashesTheServerIsQuarantinedAndThePreviousOneAnswers",
                "EndToEndTests/ModelAttackTests.aVersionWhoseBytesWereReplacedIsNotLoaded",
            ], ""
        ),
        (
            24,
            [
                "EndToEndTests/LoadingFaultTests.aVersionThatTakesLongToLoadHoldsUpNobody",
                "EndToEndTests/LoadingFaultTests.aServerThatIsLoadingCanBeEnded",
                "ControlTests/LocalPlatformTests.aRevisionThatWaitsEndsTheLoading",
            ], ""
        ),
        (
            25,
            [
                "ServeTests/QueueTests.requestsOfClientsThatLeftAreNotRun",
                "ServeTests/CallRefusalTests.aResetCallLeavesTheQueue",
            ], ""
        ),
        (
            26,
            [
                "EndToEndTests/SlowClientTests.clientsThatNeverSpeakHoldLittle",
                "EndToEndTests/SlowClientTests.headersThatDripAreCutOffAndCostOthersNothing",
                "ServeTests/HTTPTests.idleConnectionsAreClosed",
            ], ""
        ),
        (
            27,
            [
                "DistributionTests/DownloadTests.aSilentRegistryIsGivenUp",
                "DistributionTests/DownloadTests.aTricklingBlobIsGivenUp",
            ],
            "of the four only registries are spoken to, by a command and not by the server: there is no OTLP, no JWKS, no webhook"
        ),
        (28, ["EndToEndTests/StarvedFaultTests.aRegistryWhoseNameLeadsNowhereIsGivenUp"], ""),
        (
            29, ["EndToEndTests/ClockFaultTests.theClockMayJumpAndNobodyNoticesInTheirLatency"],
            "tokens have no time at which they end, and there are no certificates of our own"
        ),
        (30, ["EndToEndTests/StarvedFaultTests.withATwentiethOfAProcessorItAnswersOrRefusesAndRecovers"], ""),
        (31, [], "overload has a test of its own, with the limit that adapts"),
        (32, [], "overload has a test of its own, with the limit that adapts"),
    ]

    @Test func everyFaultIsThereOnce() {
        #expect(Self.faults.map(\.number) == Array(18...32))
    }

    @Test(arguments: faults.indices)
    func itsTestsExistOrThereIsAReason(_ index: Int) throws {
        let fault = Self.faults[index]
        #expect(!fault.tests.isEmpty || !fault.reason.isEmpty, "F\(fault.number)")
        for test in fault.tests { #expect(try TestIndex.tests.contains(test), "F\(fault.number): no test '\(test)'") }
    }
}
