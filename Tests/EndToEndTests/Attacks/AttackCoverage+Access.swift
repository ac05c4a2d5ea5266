extension AttackRow {
    private static let tokens = "ServeTests/AccessTests.tokensThatAreNoneAreRefused"

    /// A: who comes in, what is told to whom, and what it costs others. Rows 102 to 120.
    static let access = [
        AttackRow(
            102, "every route by every role", "EndToEndTests/RoleTests.everyRouteAsksForItsRoleAndNoMore",
            "ServeTests/AccessTests.everyRouteAnswersExactlyTheRolesItDeclares",
            "ServeTests/ConnectionTests.everyMethodAnswersExactlyTheRolesItDeclares",
            "ControlTests/ControlGateTests.withoutATokenOnlyAnonymousRoutesAnswer",
            "TrustTests/TokenTests.aBearerIsKnownByItsTokenUntilItExpires",
            reason: "there are no tenants: a home is one team's, and two teams have two homes"),
        AttackRow(
            103, "an address that others reach, without tokens",
            "EndToEndTests/SafetyTests.anAddressThatOthersReachNeedsTokens",
            "TrustTests/AddressTests.withoutATokenNobodyListensForStrangers"),
        AttackRow(
            104, "timing of tokens", "TrustTests/TokenTests.aBearerIsKnownByItsTokenUntilItExpires",
            "EndToEndTests/ConsoleTests.tokensAreNamedAndNeverShown",
            reason:
                "time is not measured: a token of 256 bits is looked up by its SHA-256, and no secret is compared byte by byte"
        ),
        AttackRow(
            105, "JSON web tokens", tokens, "TrustTests/TokenTests.otherTextsAreNoTokens",
            reason: "there are none: every token but our own opaque ones is refused unread"),
        AttackRow(
            106, "keys of an identity provider", reason: "there is none: nothing is fetched to find out who asks"),
        AttackRow(
            107, "a token in an address", "ControlTests/ControlGateTests.aTokenInAnAddressIsRefused",
            "TrustTests/SessionTests.aTokenIsSeenInAText", "TrustTests/RedactionTests.aRealTokenNeverGetsThrough"),
        AttackRow(
            108, "sessions", "ControlTests/SignInTests.aSessionThatWasPlantedIsNotTheOneThatIsOpened",
            "ControlTests/SignInTests.aTokenOpensASessionAndItIsClosedAgain",
            "ControlTests/SignInTests.underTLSTheCookieIsForTLSAlone",
            "ControlTests/SignInTests.formsOfOtherPagesAreRefused",
            "ControlTests/SignInTests.whoeverIsRevokedIsOutAtOnce",
            "EndToEndTests/SafetyTests.aFormNeedsTheTokenOfItsPageAndBrowser"),
        AttackRow(
            109, "guessing", "ControlTests/SignInTests.guessingIsSlow",
            "TrustTests/SessionTests.attemptsRunOutAndComeBack",
            "TrustTests/SessionTests.whoIsRightIsNotCounted",
            "TrustTests/SessionTests.manySourcesTakeNoMoreRoomAndForgiveNobody",
            reason: "there are no passwords; tokens that are pasted are counted by address"),
        AttackRow(
            110, "certificates of clients", "ServeTests/TLSTests.clientsThatTrustSomebodyElseRefuse",
            "ServeTests/TLSTests.silentHandshakesEndInTime", "ServeTests/TLSTests.silentHandshakesGiveWayToNewOnes",
            reason:
                "clients are asked for no certificates; that TLS below 1.2 is refused is a setting of the library, not tested"
        ),
        AttackRow(
            111, "another tenant's things", "ServeTests/SequenceTests.nobodyReachesTheSequencesOfOthers",
            reason: "there are no tenants: every role sees all endpoints of its home"),
        AttackRow(
            112, "one client's flood", "ServeTests/FairQueueTests.clientsTakeTurns",
            "ServeTests/RunQueueTests.clientsTakeTurnsWhereNothingSharesARun",
            "EndToEndTests/SlowClientTests.headersThatDripAreCutOffAndCostOthersNothing",
            reason:
                "turns are tested by calling the queue; the latency of others under a flood of one token is not measured"
        ),
        AttackRow(
            113, "an audit that is altered", "HomeTests/EventLogTests.whatADamagedFileHasLeftIsRead",
            "HomeTests/EventLogTests.manyWritersLoseNothing",
            reason:
                "events are a record and no proof: they are not chained, and whoever may write to the home can change them"
        ),
        AttackRow(
            114, "secrets that leak", "SlipwayCLITests/DoctorTests.aBundleHasNoSecretsAndNoPlaces",
            "EndToEndTests/HelpTests.theDoctorWritesABundleWithoutSecrets",
            "EndToEndTests/ConsoleTests.tokensAreNamedAndNeverShown",
            "EndToEndTests/RoleTests.aRevokedTokenIsWorthlessAtOnce",
            "TrustTests/TokenTests.printingATokenDoesNotShowIt",
            "TrustTests/RedactionTests.secretsInTextsAreReplaced",
            reason:
                "known secrets are looked for in bundles, pages and lists, not in everything that a server ever wrote"),
        AttackRow(
            115, "keys that others can read", "SealsTests/KeyTests.aKeyThatOthersCanTouchIsRefused",
            "SealsTests/KeyTests.aLinkOrAFolderIsNoKey", "ServeTests/TLSTests.keysThatOthersCanReadAreSeen",
            "HomeTests/HomeDirectoryTests.everythingCreatedIsForItsOwnerAlone"),
        AttackRow(
            116, "temporary files", "HomeTests/HomeDirectoryTests.everythingCreatedIsForItsOwnerAlone",
            "WorkshopTests/ModelFolderTests.everyWayOutIsRefusedAsOne",
            reason: "links that somebody planted in 'tmp' of a home are not tried: its owner alone can enter it"),
        AttackRow(
            117, "webhooks", "EndToEndTests/AlertTests.aWebhookOfAPrivateNetworkIsRefused",
            "EndToEndTests/AlertTests.aRollbackReachesTheWebhookAndTheProgramAndIsOver",
            "AlertsTests/AlertBookTests.aMessageIsKeptUntilItIsTaken",
            reason: "messages are not signed; a webhook that is slow for ever is bounded by the queue and not tested"),
        AttackRow(
            118, "a flood of errors in the log", "ServeTests/ServeMetricsTests.aFloodOfErrorsIsNoFloodOfLines",
            "EndToEndTests/OutsideFaultTests.aLogThatNobodyReadsHoldsUpNoRequestAndWhatWasLostIsCounted"),
        AttackRow(
            119, "control codes in a terminal", "SlipwayCLITests/TextTests.aLineOfALogStaysALine",
            "SlipwayCLITests/TextTests.anErrorKeepsItsLines", "SlipwayCLITests/QuantityTests.aCellNeverLeavesItsLine"),
        AttackRow(
            120, "a shell that runs what a file says", "ControlTests/TrialTests.theShellLineIsQuotedAndWhole",
            "SlipwayCLITests/TextTests.aNameCannotBreakOut",
            reason:
                "no hook, template or configuration is given to a shell: a program of the alert file is run by its words"
        ),
    ]
}
