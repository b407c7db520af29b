using static HematomaPacsAgent.Dicom.Network.UpperLayerAction;
using static HematomaPacsAgent.Dicom.Network.UpperLayerEvent;
using static HematomaPacsAgent.Dicom.Network.UpperLayerState;

namespace HematomaPacsAgent.Dicom.Network;

/// <remarks>PS3.8 §9.2.1, tables 9-1 to 9-5</remarks>
internal enum UpperLayerState
{
    /// <summary>Idle.</summary>
    Sta1 = 1,

    /// <summary>Transport connection open, awaiting A-ASSOCIATE-RQ.</summary>
    Sta2,

    /// <summary>Awaiting the local answer to A-ASSOCIATE-RQ.</summary>
    Sta3,

    /// <summary>Awaiting the transport connection.</summary>
    Sta4,

    /// <summary>Awaiting A-ASSOCIATE-AC or -RJ.</summary>
    Sta5,

    /// <summary>Association established, ready for data.</summary>
    Sta6,

    /// <summary>Awaiting A-RELEASE-RP.</summary>
    Sta7,

    /// <summary>Awaiting the local A-RELEASE response.</summary>
    Sta8,

    /// <summary>Release collision, requestor: awaiting the local A-RELEASE response.</summary>
    Sta9,

    /// <summary>Release collision, acceptor: awaiting A-RELEASE-RP.</summary>
    Sta10,

    /// <summary>Release collision, requestor: awaiting A-RELEASE-RP.</summary>
    Sta11,

    /// <summary>Release collision, acceptor: awaiting the local A-RELEASE response.</summary>
    Sta12,

    /// <summary>Awaiting the close of the transport connection.</summary>
    Sta13,
}

/// <summary>What happens to an association: PDUs received, requests of the local user, the transport, the ARTIM timer. The value is the Evt
/// number.</summary>
/// <remarks>PS3.8 table 9-10, first column</remarks>
internal enum UpperLayerEvent
{
    AssociateRequested = 1,
    TransportConnected = 2,
    AssociateAcReceived = 3,
    AssociateRjReceived = 4,
    TransportIndication = 5,
    AssociateRqReceived = 6,
    AcceptRequested = 7,
    RejectRequested = 8,
    DataRequested = 9,
    DataReceived = 10,
    ReleaseRequested = 11,
    ReleaseRqReceived = 12,
    ReleaseRpReceived = 13,
    ReleaseResponseRequested = 14,
    AbortRequested = 15,
    AbortReceived = 16,
    TransportClosed = 17,
    ArtimExpired = 18,
    InvalidPduReceived = 19,
}

/// <remarks>PS3.8 tables 9-6 to 9-9</remarks>
internal enum UpperLayerAction
{
    AE1, AE2, AE3, AE4, AE5, AE6, AE7, AE8,
    DT1, DT2,
    AR1, AR2, AR3, AR4, AR5, AR6, AR7, AR8, AR9, AR10,
    AA1, AA2, AA3, AA4, AA5, AA6, AA7, AA8,
}

/// <summary>The protocol machine of the DICOM upper layer, as a table: what to do on an event, and the state after it. It acts on
/// nothing.</summary>
/// <remarks>PS3.8 §9.2.3, table 9-10</remarks>
internal static class UpperLayer
{
    /// <returns>The action and the state after it; null where the table has no entry (a local request out of turn).</returns>
    /// <param name="state">Now.</param>
    /// <param name="happened">The event.</param>
    /// <param name="isRequestor">Whether we asked for the association; decides a release collision (AR-8).</param>
    public static (UpperLayerAction Action, UpperLayerState Next)? Next(UpperLayerState state, UpperLayerEvent happened,
        bool isRequestor = false) =>
        ActionFor(state, happened) is { } action ? (action, After(action, isRequestor)) : null;

    /// <summary>The event that the coming of a PDU is.</summary>
    public static UpperLayerEvent EventOf(PduType type) => type switch
    {
        PduType.AssociateRq => AssociateRqReceived,
        PduType.AssociateAc => AssociateAcReceived,
        PduType.AssociateRj => AssociateRjReceived,
        PduType.PDataTf => DataReceived,
        PduType.ReleaseRq => ReleaseRqReceived,
        PduType.ReleaseRp => ReleaseRpReceived,
        _ => AbortReceived,
    };

    private static UpperLayerAction? ActionFor(UpperLayerState state, UpperLayerEvent happened) => (state, happened) switch
    {
        (Sta1, AssociateRequested) => AE1,
        (Sta1, TransportIndication) => AE5,
        (Sta4, TransportConnected) => AE2,
        (Sta5, AssociateAcReceived) => AE3,
        (Sta5, AssociateRjReceived) => AE4,
        (Sta2, AssociateRqReceived) => AE6,
        (Sta3, AcceptRequested) => AE7,
        (Sta3, RejectRequested) => AE8,

        (Sta6, DataRequested) => DT1,
        (Sta8, DataRequested) => AR7,
        (Sta6, DataReceived) => DT2,
        (Sta7, DataReceived) => AR6,

        (Sta6, ReleaseRequested) => AR1,
        (Sta6, ReleaseRqReceived) => AR2,
        (Sta7, ReleaseRqReceived) => AR8,
        (Sta7 or Sta11, ReleaseRpReceived) => AR3,
        (Sta10, ReleaseRpReceived) => AR10,
        (Sta8 or Sta12, ReleaseResponseRequested) => AR4,
        (Sta9, ReleaseResponseRequested) => AR9,

        (Sta4, AbortRequested) => AA2,
        (Sta3 or (>= Sta5 and <= Sta12), AbortRequested) => AA1,
        (Sta2 or Sta13, AbortReceived) => AA2,
        (Sta3 or (>= Sta5 and <= Sta12), AbortReceived) => AA3,

        (Sta2, TransportClosed) => AA5,
        (>= Sta3 and <= Sta12, TransportClosed) => AA4,
        (Sta13, TransportClosed) => AR5,
        (Sta2 or Sta13, ArtimExpired) => AA2,

        (Sta13, AssociateRqReceived or InvalidPduReceived) => AA7,
        (Sta13, _) when IsPdu(happened) => AA6,
        (Sta2, _) when IsPdu(happened) => AA1,
        (Sta3 or (>= Sta5 and <= Sta12), _) when IsPdu(happened) => AA8,
        _ => null,
    };

    private static bool IsPdu(UpperLayerEvent happened) => happened is AssociateAcReceived or AssociateRjReceived or AssociateRqReceived
        or DataReceived or ReleaseRqReceived or ReleaseRpReceived or InvalidPduReceived;

    private static UpperLayerState After(UpperLayerAction action, bool isRequestor) => action switch
    {
        AE1 => Sta4,
        AE2 => Sta5,
        AE5 => Sta2,
        AE6 => Sta3,
        AE3 or AE7 or DT1 or DT2 => Sta6,
        AR1 or AR6 => Sta7,
        AR2 or AR7 => Sta8,
        AR8 => isRequestor ? Sta9 : Sta10,
        AR9 => Sta11,
        AR10 => Sta12,
        AE8 or AR4 or AA1 or AA6 or AA7 or AA8 => Sta13,
        AE4 or AR3 or AR5 or AA2 or AA3 or AA4 or AA5 => Sta1,
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };
}
