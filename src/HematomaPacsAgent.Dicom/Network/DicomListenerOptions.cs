using System.Net;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Where a listener listens, whom it serves, and how long it waits.</summary>
public sealed record DicomListenerOptions
{
    /// <summary>Address and port without TLS; port 0 takes a free one; null where only TLS is served. This machine only, unless told
    /// otherwise.</summary>
    public IPEndPoint? EndPoint { get; init; } = new(IPAddress.Loopback, 11112);

    /// <summary>A second port, for TLS alone; null for none. Both ports share one policy and its limits.</summary>
    public TlsListenerOptions? Tls { get; init; }

    public AcceptancePolicy Policy { get; init; } = new();

    public AssociationOptions Association { get; init; } = new();

    /// <summary>Gives storage commitment; null refuses the SOP class.</summary>
    public StorageCommitmentService? Commitment { get; init; }

    /// <summary>Takes storage commitment reports of peers that we asked; null refuses to.</summary>
    public StorageCommitmentInbox? CommitmentReports { get; init; }

    /// <summary>How long a stopping listener lets running associations finish before it aborts them.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(30);
}
