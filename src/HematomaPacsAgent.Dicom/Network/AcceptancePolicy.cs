namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Whom a listener serves, and with what.</summary>
public sealed record AcceptancePolicy
{
    private static readonly DicomTransferSyntax[] Native =
        [DicomTransferSyntax.ExplicitVRLittleEndian, DicomTransferSyntax.ImplicitVRLittleEndian];

    /// <summary>AE titles that we answer to; null means any. Case counts (PS3.8 §9.3.2).</summary>
    public IReadOnlyCollection<string>? CalledAeTitles { get; init; }

    /// <summary>Who may call; null means anyone, an empty list no one.</summary>
    public IReadOnlyCollection<AllowedPeer>? Peers { get; init; }

    /// <summary>SOP classes accepted: by default verification and every storage SOP class.</summary>
    public IReadOnlySet<DicomUID> AbstractSyntaxes { get; init; } =
        new HashSet<DicomUID>([DicomUID.Verification, .. StorageSopClasses.All]);

    /// <summary>Transfer syntaxes accepted. Explicit, then implicit VR little endian come first whatever the order, since they need no
    /// decoding; the rest as listed.</summary>
    public IReadOnlyList<DicomTransferSyntax> TransferSyntaxes
    {
        get;
        init => field = [.. Native.Where(value.Contains), .. value.Where(syntax => !Native.Contains(syntax))];
    } = Native;

    /// <summary>Associations open at once, over all peers; one more is refused for now (local limit exceeded).</summary>
    public int MaxAssociations { get; init; } = 100;

    /// <summary>Associations open at once from one address.</summary>
    public int MaxAssociationsPerHost { get; init; } = 80;

    /// <summary>Connections open at once that have no association: before it, or refused and not yet closed. One more is closed.</summary>
    public int MaxUnfinishedConnections { get; init; } = 128;

    /// <summary>The same, from one address: no stranger takes the places of all others.</summary>
    public int MaxUnfinishedConnectionsPerHost { get; init; } = 80;
}
