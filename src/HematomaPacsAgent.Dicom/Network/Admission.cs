using System.Net;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Why a caller is not served.</summary>
/// <param name="Rejection">For the peer.</param>
/// <param name="Why">For our own log: what it is about, and what to change where.</param>
internal sealed record AdmissionRefusal(AAssociateRj Rejection, string Why);

/// <summary>Counts connections and associations in and out, and tells who is not let in.</summary>
internal sealed class Admission(AcceptancePolicy policy)
{
    private readonly Lock gate = new();
    private readonly Dictionary<IPAddress, int> connections = [];
    private readonly Dictionary<IPAddress, int> associations = [];
    private readonly Dictionary<string, int> titles = new(StringComparer.Ordinal);
    private int connected, associated;

    /// <summary>Connections open now, with association or without.</summary>
    public int Connections => Volatile.Read(ref connected);

    /// <summary>Associations open now.</summary>
    public int Associations => Volatile.Read(ref associated);

    /// <summary>Counts a connection in; the reason when there are too many that came to no association.</summary>
    public string? TryConnect(IPAddress host)
    {
        lock (gate)
        {
            if (connected - associated >= policy.MaxUnfinishedConnections)
                return $"{connected - associated} connections without association are open, as many as are allowed "
                    + "(Dicom:MaxUnfinishedConnections)";
            if (Of(connections, host) - Of(associations, host) >= policy.MaxUnfinishedConnectionsPerHost)
                return $"{host} has {Of(connections, host) - Of(associations, host)} connections without association open, as many as one "
                    + "host may have (Dicom:MaxUnfinishedConnectionsPerHost)";
            connected++;
            Change(connections, host, 1);
            return null;
        }
    }

    public void Disconnect(IPAddress host)
    {
        lock (gate)
        {
            connected--;
            Change(connections, host, -1);
        }
    }

    /// <summary>Counts an association in, if its caller is allowed and no limit is reached.</summary>
    public async ValueTask<AdmissionRefusal?> TryEnterAsync(string callingAeTitle, IPAddress host, CancellationToken cancellation)
    {
        AllowedPeer? peer = null;
        if (policy.Peers is { } peers)
        {
            AllowedPeer[] meant = [.. peers.Where(allowed => allowed.IsCalled(callingAeTitle))
                .OrderBy(allowed => allowed.AeTitle == AllowedPeer.Anyone)];
            for (int i = 0; i < meant.Length && peer is null; i++)
                if (await meant[i].MayCallFromAsync(host, cancellation)) peer = meant[i];
            if (peer is null) return Stranger(callingAeTitle, host, meant);
        }

        lock (gate)
        {
            if (Limit(callingAeTitle, host, peer) is { } reached) return new AdmissionRefusal(AAssociateRj.LocalLimitExceeded, reached);
            associated++;
            Change(associations, host, 1);
            Change(titles, callingAeTitle, 1);
            return null;
        }
    }

    public void Leave(string callingAeTitle, IPAddress host)
    {
        lock (gate)
        {
            associated--;
            Change(associations, host, -1);
            Change(titles, callingAeTitle, -1);
        }
    }

    private string? Limit(string callingAeTitle, IPAddress host, AllowedPeer? peer) =>
        associated >= policy.MaxAssociations ? $"{associated} associations are open, as many as are allowed (Dicom:MaxAssociations)"
        : Of(associations, host) >= policy.MaxAssociationsPerHost
            ? $"{host} has {Of(associations, host)} associations open, as many as one host may have (Dicom:MaxAssociationsPerHost)"
        : peer?.MaxAssociations is { } most && Of(titles, callingAeTitle) >= most
            ? $"{callingAeTitle} has {Of(titles, callingAeTitle)} associations open, as many as it may have (MaxAssociations of "
                + $"\"{peer.AeTitle}\" in Dicom:Peers)"
        : null;

    private static AdmissionRefusal Stranger(string callingAeTitle, IPAddress host, AllowedPeer[] meant) =>
        new(AAssociateRj.CallingAeNotRecognized, meant.FirstOrDefault(peer => peer.AeTitle == callingAeTitle) is { } known
            ? $"{callingAeTitle} may call, but not from {host} (only from {string.Join(", ", known.Hosts)}); if this is it, add "
                + $"\"{host}\" to the Hosts of \"{callingAeTitle}\" in Dicom:Peers"
            : $"{callingAeTitle} at {host} is not among the peers that may call; if it should, add {{ \"AeTitle\": \"{callingAeTitle}\", "
                + $"\"Hosts\": [\"{host}\"] }} to Dicom:Peers");

    private static int Of<T>(Dictionary<T, int> counts, T key) where T : notnull => counts.GetValueOrDefault(key);

    private static void Change<T>(Dictionary<T, int> counts, T key, int by) where T : notnull
    {
        int count = Of(counts, key) + by;
        if (count == 0) counts.Remove(key);
        else counts[key] = count;
    }
}
