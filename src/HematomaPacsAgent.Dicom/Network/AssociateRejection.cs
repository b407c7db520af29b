namespace HematomaPacsAgent.Dicom.Network;

/// <remarks>PS3.8 table 9-21</remarks>
public enum RejectResult : byte { Permanent = 1, Transient = 2 }

/// <summary>Who refused: the application, the association layer, or the presentation layer of the peer.</summary>
/// <remarks>PS3.8 table 9-21</remarks>
public enum RejectSource : byte { ServiceUser = 1, ServiceProviderAcse = 2, ServiceProviderPresentation = 3 }

/// <remarks>PS3.8 table 9-26</remarks>
public enum AbortSource : byte { ServiceUser = 0, ServiceProvider = 2 }

/// <summary>Counts only where the service provider aborts; a service user sends 0.</summary>
/// <remarks>PS3.8 table 9-26</remarks>
public enum AbortReason : byte
{
    NotSpecified = 0,
    UnrecognizedPdu = 1,
    UnexpectedPdu = 2,
    UnrecognizedPduParameter = 4,
    UnexpectedPduParameter = 5,
    InvalidPduParameterValue = 6,
}

/// <remarks>PS3.8 §9.3.4</remarks>
internal sealed record AAssociateRj(RejectResult Result, RejectSource Source, byte Reason) : Pdu(PduType.AssociateRj)
{
    public static readonly AAssociateRj ApplicationContextNotSupported = new(RejectResult.Permanent, RejectSource.ServiceUser, 2);
    public static readonly AAssociateRj CallingAeNotRecognized = new(RejectResult.Permanent, RejectSource.ServiceUser, 3);
    public static readonly AAssociateRj CalledAeNotRecognized = new(RejectResult.Permanent, RejectSource.ServiceUser, 7);
    public static readonly AAssociateRj ProtocolVersionNotSupported = new(RejectResult.Permanent, RejectSource.ServiceProviderAcse, 2);
    public static readonly AAssociateRj TemporaryCongestion = new(RejectResult.Transient, RejectSource.ServiceProviderPresentation, 1);
    public static readonly AAssociateRj LocalLimitExceeded = new(RejectResult.Transient, RejectSource.ServiceProviderPresentation, 2);

    /// <summary>Cause and remedy in plain words, for our own log when it is we who refuse.</summary>
    public string WhyWeRefused(string callingAeTitle, string calledAeTitle) => (Source, Reason) switch
    {
        (RejectSource.ServiceUser, 7) => $"it called {calledAeTitle}, which is not our AE title; correct it at the sender, "
            + "or set Dicom:AeTitle",
        (RejectSource.ServiceProviderPresentation, 2) => "as many associations are open as are allowed",
        _ => Why(callingAeTitle, calledAeTitle),
    };

    /// <summary>Cause and remedy in plain words, of a peer that refuses us.</summary>
    public string Why(string callingAeTitle, string calledAeTitle) => (Source, Reason) switch
    {
        (RejectSource.ServiceUser, 1) => "it gave no reason; its log may tell",
        (RejectSource.ServiceUser, 2) => "application context name not supported; the peer speaks no DICOM that we know",
        (RejectSource.ServiceUser, 3) =>
            $"calling AE title {callingAeTitle} not recognized — ask the PACS admin to add it with this machine's address",
        (RejectSource.ServiceUser, 7) => $"called AE title {calledAeTitle} not recognized — check the AE title configured for this peer",
        (RejectSource.ServiceProviderAcse, 1) => "it gave no reason; its log may tell",
        (RejectSource.ServiceProviderAcse, 2) => "protocol version not supported",
        (RejectSource.ServiceProviderPresentation, 1) => "temporary congestion; try again later",
        (RejectSource.ServiceProviderPresentation, 2) => "its limit of associations is reached; try again later, or open fewer at once",
        _ => $"result {(byte)Result}, source {(byte)Source}, reason {Reason}",
    };
}
