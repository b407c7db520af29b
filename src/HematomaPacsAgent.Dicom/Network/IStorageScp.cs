using System.Net;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What receives instances: the study store of the worker, or a plain folder.</summary>
public interface IStorageScp
{
    /// <summary>
    /// Takes one instance. Return success only when it is kept as safely as promised: the sender may forget it then. Unread bytes of the
    /// data set are read away afterwards; an exception makes the status 0x0110 and the association lives on.
    /// </summary>
    /// <param name="request">Good until the returned task completes.</param>
    /// <param name="cancellation">The listener gives up on this association.</param>
    Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation);

    /// <summary>An association was accepted. Must not block.</summary>
    void AssociationOpened(AssociationPeer peer);

    /// <summary>An association that was opened is over. Must not block.</summary>
    /// <param name="peer">As opened.</param>
    /// <param name="how">"released", or what broke it, in plain words.</param>
    void AssociationClosed(AssociationPeer peer, string how);
}

/// <summary>The requestor of an accepted association.</summary>
/// <param name="Number">Counts up from 1 over a listener's life, and down from -1 for our own C-GETs.</param>
/// <param name="CallingAeTitle">What it calls itself.</param>
/// <param name="CalledAeTitle">What it calls us.</param>
/// <param name="RemoteEndPoint">Where it is.</param>
/// <param name="ImplementationClassUid">Of its software; empty when it did not say.</param>
/// <param name="ImplementationVersionName">Of its software; empty when it did not say.</param>
public sealed record AssociationPeer(long Number, string CallingAeTitle, string CalledAeTitle, IPEndPoint RemoteEndPoint,
    string ImplementationClassUid, string ImplementationVersionName)
{
    public override string ToString() => $"{CallingAeTitle} at {RemoteEndPoint} (association {Number})";
}
