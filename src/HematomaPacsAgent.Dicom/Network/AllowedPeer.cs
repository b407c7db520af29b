using System.Net;
using System.Net.Sockets;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A peer that may call: its AE title, and where it may call from.</summary>
public sealed record AllowedPeer
{
    /// <summary>As AE title: whoever calls.</summary>
    public const string Anyone = "*";

    /// <summary>A caller waits no longer than this for a name server.</summary>
    private static readonly TimeSpan LookupTime = TimeSpan.FromSeconds(5);

    private readonly List<IPNetwork> networks = [];
    private readonly List<string> names = [];

    /// <param name="aeTitle">1 to 16 characters, or <c>*</c> for any.</param>
    /// <param name="hosts">Addresses, networks (<c>10.0.0.0/24</c>) or host names; none means from anywhere.</param>
    /// <param name="maxAssociations">Associations under this title open at once; null leaves it to the other limits.</param>
    /// <exception cref="ArgumentException">A part has another form; the message shows the right one.</exception>
    public AllowedPeer(string aeTitle, IReadOnlyList<string>? hosts = null, int? maxAssociations = null)
    {
        AeTitle = RemoteAe.CheckAeTitle(aeTitle);
        if (maxAssociations < 1) throw new ArgumentException($"MaxAssociations of {AeTitle} is {maxAssociations}: 1 or more");
        (Hosts, MaxAssociations) = (hosts ?? [], maxAssociations);
        foreach (string host in Hosts)
        {
            if (IPAddress.TryParse(host, out IPAddress? address))
                networks.Add(new IPNetwork(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128));
            else if (IPNetwork.TryParse(host, out IPNetwork network)) networks.Add(network);
            else if (Uri.CheckHostName(host) == UriHostNameType.Dns && !host.All(c => char.IsAsciiDigit(c) || c == '.')) names.Add(host);
            else throw new ArgumentException($"'{host}' among the hosts of {AeTitle} is no address, network or name: write 10.0.0.5, "
                + "10.0.0.0/24 (with zeros after the prefix) or ct1.hospital.example");
        }
    }

    public string AeTitle { get; }

    public IReadOnlyList<string> Hosts { get; }

    public int? MaxAssociations { get; }

    /// <summary>Whether the AE title is meant. Case counts (PS3.8 §9.3.2).</summary>
    public bool IsCalled(string aeTitle) => AeTitle == Anyone || AeTitle == aeTitle;

    /// <summary>Whether it may call from an address. Names are looked up at each call, so that a changed record counts at once.</summary>
    public async ValueTask<bool> MayCallFromAsync(IPAddress address, CancellationToken cancellation)
    {
        if (Hosts.Count == 0 || networks.Exists(network => network.Contains(address))) return true;
        foreach (string name in names)
        {
            try
            {
                using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                timeout.CancelAfter(LookupTime);
                if ((await Dns.GetHostAddressesAsync(name, timeout.Token)).Contains(address)) return true;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                cancellation.ThrowIfCancellationRequested();
                // A name that nobody knows lets nobody in.
            }
        }

        return false;
    }
}
