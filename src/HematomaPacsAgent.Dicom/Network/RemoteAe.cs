using System.Globalization;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A peer to call: its AE title and where it listens.</summary>
public sealed record RemoteAe
{
    /// <param name="aeTitle">1 to 16 printable ASCII characters without backslash, not all spaces (PS3.5 §6.2, VR AE).</param>
    /// <param name="host">Name or address.</param>
    /// <param name="port">1 to 65535.</param>
    /// <exception cref="ArgumentException">A part is out of range.</exception>
    public RemoteAe(string aeTitle, string host, int port)
    {
        AeTitle = CheckAeTitle(aeTitle);
        ArgumentException.ThrowIfNullOrWhiteSpace(host);
        if (port is < 1 or > ushort.MaxValue) throw new ArgumentException($"port {port}: 1 to 65535 expected", nameof(port));
        (Host, Port) = (host, port);
    }

    public string AeTitle { get; }

    public string Host { get; }

    public int Port { get; }

    /// <summary>How to encrypt; null for plain TCP.</summary>
    public TlsClientOptions? Tls { get; init; }

    /// <summary>Reads <c>AET@HOST:PORT</c>; an IPv6 address stands in brackets.</summary>
    /// <exception cref="FormatException">The text has another form; the message shows the right one.</exception>
    public static RemoteAe Parse(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal), colon = text.LastIndexOf(':');
        if (at < 1 || colon <= at + 1 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out int port))
            throw new FormatException($"'{text}' is no peer: write AET@HOST:PORT, for example PACS@10.0.0.5:104");
        try
        {
            return new RemoteAe(text[..at], text[(at + 1)..colon].Trim('[', ']'), port);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"'{text}' is no peer: {e.Message}", e);
        }
    }

    public override string ToString() => $"{AeTitle}@{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}";

    internal static string CheckAeTitle(string aeTitle)
    {
        string trimmed = aeTitle.Trim(' ');
        return trimmed.Length is >= 1 and <= 16 && trimmed.All(c => c is >= ' ' and < '\x7F' and not '\\') ? trimmed
            : throw new ArgumentException($"'{aeTitle}' is no AE title: 1 to 16 printable ASCII characters without backslash",
                nameof(aeTitle));
    }
}
