namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Times and sizes of an association, for both roles.</summary>
public sealed record AssociationOptions
{
    /// <summary>Largest P-DATA-TF body that we offer to take, bytes: 4096 or more, or 0 for no limit. A peer that sends a larger one is
    /// aborted.</summary>
    public uint MaxPduLength
    {
        get;
        init => field = value is 0 or >= 4096 ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "0 or at least 4096 bytes");
    } = 128 * 1024;

    /// <summary>Time for a connection to open, for the whole A-ASSOCIATE exchange, for a release, and for the peer to close (ARTIM, PS3.8
    /// §9.1.5).</summary>
    public TimeSpan AssociationTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest silence inside a message, and longest wait for a response or for the peer to take what we send.</summary>
    public TimeSpan DimseTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Longest silence of a requestor between two messages.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>A peer that sends less than this inside a message, on average over the time we wait for it, is aborted: else a byte now
    /// and then would hold an association for ever. 0 is no limit.</summary>
    public int MinBytesPerSecond { get; init; } = 1024;

    /// <summary>Waiting time over which the rate is averaged.</summary>
    public TimeSpan RateWindow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>C-STORE requests that we ask to send before their responses are here; the peer may grant fewer. 1 does not ask: few
    /// receivers know more.</summary>
    public ushort MaxOperationsInvoked
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "at least 1");
    } = 1;

    /// <summary>Sent when we ask for an association; null sends none.</summary>
    public UserCredentials? Credentials { get; init; }

    /// <summary>What we say in A-ASSOCIATE-RQ.</summary>
    /// <param name="roles">Where we ask for other roles than the usual ones.</param>
    internal UserItems Request(IReadOnlyList<RoleSelection> roles) => Offer(new UserItems
    {
        Roles = roles,
        AsynchronousWindow = MaxOperationsInvoked > 1 ? (MaxOperationsInvoked, (ushort)1) : null,
        Identity = Credentials?.ToItem(),
    });

    /// <summary>What we say of ourselves in A-ASSOCIATE-RQ and -AC, added to what is negotiated.</summary>
    internal UserItems Offer(UserItems negotiated) => negotiated with
    {
        MaxPduLength = MaxPduLength,
        ImplementationClassUid = DicomImplementation.ClassUid.Value,
        ImplementationVersionName = DicomImplementation.VersionName,
    };
}
