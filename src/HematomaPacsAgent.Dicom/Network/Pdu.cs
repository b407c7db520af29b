namespace HematomaPacsAgent.Dicom.Network;

/// <remarks>PS3.8 §9.3.1</remarks>
internal enum PduType : byte
{
    AssociateRq = 1,
    AssociateAc = 2,
    AssociateRj = 3,
    PDataTf = 4,
    ReleaseRq = 5,
    ReleaseRp = 6,
    Abort = 7,
}

/// <summary>One protocol data unit of the upper layer.</summary>
/// <remarks>PS3.8 §9.3</remarks>
internal abstract record Pdu(PduType Type);

/// <summary>Application context name of DICOM, the only one there is.</summary>
internal static class ApplicationContext
{
    /// <remarks>PS3.7 §A.2.1</remarks>
    public const string Dicom = "1.2.840.10008.3.1.1.1";
}

/// <summary>A proposed presentation context; <paramref name="Id"/> is odd, 1 to 255.</summary>
/// <remarks>PS3.8 §9.3.2.2</remarks>
internal sealed record PresentationContext(byte Id, string AbstractSyntax, IReadOnlyList<string> TransferSyntaxes);

/// <remarks>PS3.8 table 9-18</remarks>
internal enum ContextResult : byte
{
    Acceptance = 0,
    UserRejection = 1,
    NoReason = 2,
    AbstractSyntaxNotSupported = 3,
    TransferSyntaxesNotSupported = 4,
}

/// <summary>The answer to one presentation context; the transfer syntax counts only with acceptance.</summary>
/// <remarks>PS3.8 §9.3.3.2</remarks>
internal sealed record PresentationContextResult(byte Id, ContextResult Result, string TransferSyntax);

/// <remarks>PS3.7 §D.3.3.4</remarks>
internal sealed record RoleSelection(string SopClassUid, bool Scu, bool Scp);

/// <summary>SOP class extended negotiation, kept as bytes: their meaning belongs to the service class.</summary>
/// <remarks>PS3.7 §D.3.3.5</remarks>
internal sealed record ExtendedNegotiation(string SopClassUid, ReadOnlyMemory<byte> ServiceClassInformation);

/// <remarks>PS3.7 §D.3.3.6</remarks>
internal sealed record CommonExtendedNegotiation(string SopClassUid, string ServiceClassUid,
    IReadOnlyList<string> RelatedGeneralSopClasses);

/// <summary>Credentials as proposed; type 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JWT. Never logged.</summary>
/// <remarks>PS3.7 §D.3.3.7</remarks>
internal sealed record UserIdentity(byte IdentityType, bool ResponseRequested, ReadOnlyMemory<byte> Primary, ReadOnlyMemory<byte> Secondary)
{
    public override string ToString() => $"UserIdentity type {IdentityType}";
}

/// <summary>What both sides say of themselves below the user information item.</summary>
/// <remarks>PS3.7 annex D.3.3, PS3.8 annex D</remarks>
internal sealed record UserItems
{
    /// <summary>Largest P-DATA-TF body that the sender of this item will take, bytes; 0 means no limit.</summary>
    public uint MaxPduLength { get; init; }

    public string ImplementationClassUid { get; init; } = "";

    public string ImplementationVersionName { get; init; } = "";

    /// <summary>Operations invoked and performed without waiting; null when the item is absent (then 1 and 1).</summary>
    public (ushort Invoked, ushort Performed)? AsynchronousWindow { get; init; }

    public IReadOnlyList<RoleSelection> Roles { get; init; } = [];

    public IReadOnlyList<ExtendedNegotiation> Extended { get; init; } = [];

    public IReadOnlyList<CommonExtendedNegotiation> CommonExtended { get; init; } = [];

    public UserIdentity? Identity { get; init; }

    /// <summary>The acceptor's server response to <see cref="Identity"/>; null when absent.</summary>
    public ReadOnlyMemory<byte>? IdentityResponse { get; init; }
}

/// <remarks>PS3.8 §9.3.2</remarks>
internal sealed record AAssociateRq(string CalledAeTitle, string CallingAeTitle, IReadOnlyList<PresentationContext> Contexts,
    UserItems User)
    : Pdu(PduType.AssociateRq)
{
    public ushort ProtocolVersion { get; init; } = 1;

    public string ApplicationContextName { get; init; } = ApplicationContext.Dicom;
}

/// <remarks>PS3.8 §9.3.3</remarks>
internal sealed record AAssociateAc(string CalledAeTitle, string CallingAeTitle, IReadOnlyList<PresentationContextResult> Contexts,
    UserItems User)
    : Pdu(PduType.AssociateAc)
{
    public ushort ProtocolVersion { get; init; } = 1;

    public string ApplicationContextName { get; init; } = ApplicationContext.Dicom;
}

/// <summary>The head of a P-DATA-TF; its presentation data values are read from the connection as they come, never held whole.</summary>
/// <remarks>PS3.8 §9.3.5</remarks>
internal sealed record PDataTf(uint Length) : Pdu(PduType.PDataTf);

/// <remarks>PS3.8 §9.3.6</remarks>
internal sealed record AReleaseRq() : Pdu(PduType.ReleaseRq);

/// <remarks>PS3.8 §9.3.7</remarks>
internal sealed record AReleaseRp() : Pdu(PduType.ReleaseRp);

/// <remarks>PS3.8 §9.3.8</remarks>
internal sealed record AAbort(AbortSource Source, AbortReason Reason) : Pdu(PduType.Abort);

/// <summary>The head of one presentation data value; <paramref name="Length"/> counts the fragment's bytes alone.</summary>
/// <remarks>PS3.8 §9.3.5.1, annex E.2</remarks>
internal readonly record struct PdvHead(byte ContextId, bool IsCommand, bool IsLast, int Length)
{
    /// <summary>Bytes on the wire before the fragment: item length, context id, message control header.</summary>
    public const int Size = 6;
}
