import Testing

/// Faults F36 to F39 and F41 to F43 of the research's list: where each is tested, or why it is not.
@Suite struct ReleaseFaultCoverageTests {
    static let faults: [(number: Int, tests: [String], reason: String)] = [
        (
            36,
            [
                "ControlTests/RolloutDriverTests.aVersionThatDoesNotLoadIsNoRollout",
                "EndToEndTests/RolloutTests.aCanaryThatAlwaysFailsIsStoppedWithinTenFailedRequests",
                "EndToEndTests/RolloutLoadTests.oneGeneratorLosesAtMostTenRequestsToACanaryThatAlwaysFails",
                "ReleaseTests/RolloutSimulationTests.twiceTheErrorsAreNoticedOrHeldWithinTheForecast",
                "EndToEndTests/RolloutLoadTests.aSlowVersionIsTakenBack",
                "EndToEndTests/RolloutTests.noNumbersTwiceTheErrorsAndWhatDoesNotLoadEndIt",
                "EndToEndTests/ComparisonTests.permutedLabelsAreRolledBackWithinThirtyComparedPairs",
                "EndToEndTests/LabelledRolloutTests.aVersionThatIsWrongIsTakenBackByItsLabels",
            ], ""
        ),
        (
            37,
            [
                "EndToEndTests/RolloutTests.anIncidentBlamesNobodyAndEvidenceOutlivesTheProcess",
                "ReleaseTests/LatencyEvidenceTests.slownessOfBothArmsHoldsAndBlamesNobodyAndIsUsualAfterAMinute",
            ], ""
        ),
        (38, ["EndToEndTests/OutsideFaultTests.aListThatIsWrongChangesNothingAndSaysWhere"], ""),
        (39, ["EndToEndTests/SafetyTests.aSecondServerOfAHomeIsTurnedAwayByName"], ""),
        (
            41,
            [
                "EndToEndTests/BackupTests.aBackupUnderWritesBringsBackWhatWasDoneBeforeIt",
                "RegistryTests/BackupTests.nobodyFreesBlobsWhileABackupIsWritten",
                "RegistryTests/BackupTests.whatComesWhileItIsWrittenIsNotInItAndHarmsNothing",
                "RegistryTests/BackupTests.aBackupThatIsStoppedLeavesNothing",
                "HomeTests/HomeDatabaseTests.anUpgradeKeepsRowsAndACopyOfTheOldFile",
            ], ""
        ),
        (42, ["EndToEndTests/OutsideFaultTests.aLogThatNobodyReadsHoldsUpNoRequestAndWhatWasLostIsCounted"], ""),
        (
            43,
            [
                "EndToEndTests/ClockFaultTests.aDayWithoutAHomeToWriteToEndsNoRequestAndNoRestart",
                "EndToEndTests/CrashTests.aRestartServesWhatWasDeployed",
                "EndToEndTests/CrashTests.aKilledWorkerComesBackOnTheSamePortsWithWhatWasDeployed",
                "EndToEndTests/ClockFaultTests.theClockMayJumpAndNobodyNoticesInTheirLatency",
            ],
            "both planes are one process: what stops is that anything can be changed, and a restart only reads"
        ),
    ]

    @Test func everyFaultIsThereOnce() {
        #expect(Self.faults.map(\.number) == [36, 37, 38, 39, 41, 42, 43])
    }

    @Test(arguments: faults.indices)
    func itsTestsExistOrThereIsAReason(_ index: Int) throws {
        let fault = Self.faults[index]
        #expect(!fault.tests.isEmpty || !fault.reason.isEmpty, "F\(fault.number)")
        for test in fault.tests { #expect(try TestIndex.tests.contains(test), "F\(fault.number): no test '\(test)'") }
    }
}
