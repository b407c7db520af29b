using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Whether a peer's certificate is good, and if not, what to do about it.</summary>
internal static class TlsTrust
{
    /// <summary>Trust in the authorities of a file, and in them alone; in the system's where there is no file.</summary>
    /// <exception cref="DicomNetworkException">The file cannot be read or holds no certificate.</exception>
    public static X509ChainPolicy Policy(string? authorities)
    {
        X509ChainPolicy policy = new() { RevocationMode = X509RevocationMode.NoCheck };
        if (authorities is null) return policy;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.DisableCertificateDownloads = true;
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(authorities);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new DicomNetworkException($"the authorities in {authorities} cannot be read: {e.Message}; give a PEM file", e);
        }

        // An authority in the middle of a chain helps to complete it, but only roots are trusted.
        policy.ExtraStore.AddRange(policy.CustomTrustStore);
        return policy.CustomTrustStore.Count > 0 ? policy
            : throw new DicomNetworkException($"{authorities} holds no certificate: put the authorities' PEM certificates there");
    }

    public static string? FaultOfServer(RemoteAe remote, TlsClientOptions options, X509Certificate2? certificate, X509Chain? chain,
        SslPolicyErrors errors)
    {
        if (certificate is null) return "the peer showed no certificate";
        string expected = options.ExpectedHost ?? remote.Host;
        return Fault(certificate, chain, errors, $"the certificate of {remote}", options.Authorities ?? "the system's trusted authorities")
            ?? (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
                ? $"the certificate of {remote} is for host {Names(certificate)}, not {expected}; call it by that name, or set it as the "
                    + "expected host"
                : null);
    }

    public static string? FaultOfClient(TlsListenerOptions options, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
            return options.ClientCertificate != ClientCertificate.Required ? null
                : "the caller showed no certificate; give it one, or set Dicom:Tls:ClientCertificate to optional";
        // Without a question asked nothing is shown; what comes all the same proves nothing.
        if (options.ClientCertificate == ClientCertificate.None) return null;
        string? fault = Fault(certificate, chain, errors, $"the caller's certificate {Clean(certificate.Subject)}",
            options.ClientAuthorities ?? "the system's trusted authorities");
        if (fault is not null || options.ClientNames.Count == 0) return fault;
        string[] names = [.. AllNames(certificate)];
        return names.Any(name => options.ClientNames.Contains(name, StringComparer.OrdinalIgnoreCase)) ? null
            : $"the caller's certificate is for {Names(certificate)}, which is not allowed; if it should be, add it to Dicom:Tls:ClientNames";
    }

    private static string? Fault(X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors, string whose, string authorities)
    {
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)) return null;
        X509ChainStatusFlags flags = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status)
            ?? X509ChainStatusFlags.NoError;
        if (flags.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            // The first that is out of its time: the peer's own, or one above it.
            DateTime now = TimeProvider.System.GetLocalNow().DateTime;
            X509Certificate2 stale = chain!.ChainElements.Select(element => element.Certificate)
                .FirstOrDefault(one => one.NotAfter < now || one.NotBefore > now) ?? certificate;
            string which = stale.Thumbprint == certificate.Thumbprint ? whose : $"{Clean(stale.Subject)} above {whose}";
            return stale.NotBefore > now ? $"{which} is valid only from {stale.NotBefore:yyyy-MM-dd HH:mm}; check the clocks"
                : $"{which} expired on {stale.NotAfter:yyyy-MM-dd}; renew it";
        }

        if ((flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            return $"{whose} is not trusted: add its authority {Clean(certificate.Issuer)} to {authorities}";
        return flags.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? $"{whose} is made for another use (extended key usage); get one for TLS servers or clients"
            : $"{whose} is not good: {chain?.ChainStatus.FirstOrDefault().StatusInformation ?? errors.ToString()}";
    }

    private static string Names(X509Certificate2 certificate) =>
        AllNames(certificate).ToArray() is { Length: > 0 } names ? string.Join(", ", names) : Clean(certificate.Subject);

    private static IEnumerable<string> AllNames(X509Certificate2 certificate)
    {
        List<string> names = [];
        foreach (X509SubjectAlternativeNameExtension alternatives in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
            names.AddRange([.. alternatives.EnumerateDnsNames(), .. alternatives.EnumerateIPAddresses().Select(ip => ip.ToString())]);
        if (names.Count == 0 && certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } common)
            names.Add(common);
        return names.Select(Clean);
    }

    /// <summary>A stranger's words for a log line.</summary>
    private static string Clean(string text) => string.Concat(text.Take(200).Select(c => char.IsControl(c) ? '?' : c));
}
