using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Our certificate, read anew when its files change. What cannot be read leaves the last good one in use.</summary>
/// <remarks>A certificate that was replaced is left to the garbage collector: handshakes may still run with it.</remarks>
internal sealed class TlsIdentity
{
    /// <summary>Before its expiry a certificate is warned of for so long.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(30);

    private readonly CertificateFiles files;
    private readonly ILogger logger;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private SslStreamCertificateContext current;
    private string stamp;
    private DateTimeOffset toldAt;

    /// <exception cref="DicomNetworkException">A file is missing or unusable; the message says which and how.</exception>
    public TlsIdentity(CertificateFiles files, ILogger logger, TimeProvider time)
    {
        (this.files, this.logger, this.time) = (files, logger, time);
        stamp = Stamp();
        current = Load(files);
        Log.CertificateLoaded(logger, files.Certificate, current.TargetCertificate.Subject, current.TargetCertificate.NotAfter);
        TellExpiry();
    }

    /// <summary>The certificate to show now.</summary>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (gate)
            {
                // Taken before reading: a file that changes meanwhile is read again at the next handshake.
                string now = Stamp();
                if (now != stamp) Reload(now);
                if (time.GetUtcNow() - toldAt > TimeSpan.FromDays(1)) TellExpiry();
                return current;
            }
        }
    }

    /// <exception cref="DicomNetworkException">A file is missing or unusable; the message says which and how.</exception>
    public static SslStreamCertificateContext Load(CertificateFiles files)
    {
        try
        {
            string? password = files.PasswordFile is null ? files.Password : File.ReadLines(files.PasswordFile).FirstOrDefault();
            X509Certificate2 own;
            X509Certificate2Collection all = [];
            if (X509Certificate2.GetCertContentType(files.Certificate) == X509ContentType.Pfx)
            {
                all = X509CertificateLoader.LoadPkcs12CollectionFromFile(files.Certificate, password);
                own = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
                    ?? throw new DicomNetworkException($"{files.Certificate} holds no private key: export it with the key");
            }
            else
            {
                own = string.IsNullOrEmpty(password) ? X509Certificate2.CreateFromPemFile(files.Certificate, files.Key)
                    : X509Certificate2.CreateFromEncryptedPemFile(files.Certificate, password, files.Key);
                all.ImportFromPemFile(files.Certificate);
            }

            X509Certificate2Collection chain = [.. all.Where(certificate => certificate.Thumbprint != own.Thumbprint)];
            return SslStreamCertificateContext.Create(own, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or UnauthorizedAccessException
            or IOException and not DicomNetworkException)
        {
            throw new DicomNetworkException($"the certificate {files.Certificate}{(files.Key is null ? "" : $" with key {files.Key}")} "
                + $"cannot be used: {e.Message.TrimEnd('.')}; give a PEM certificate with its PEM key, or a PFX with its password", e);
        }
    }

    private void Reload(string now)
    {
        stamp = now;
        try
        {
            current = Load(files);
            Log.CertificateLoaded(logger, files.Certificate, current.TargetCertificate.Subject, current.TargetCertificate.NotAfter);
            TellExpiry();
        }
        catch (DicomNetworkException broken)
        {
            Log.CertificateNotReloaded(logger, broken.Message, current.TargetCertificate.NotAfter);
        }
    }

    private void TellExpiry()
    {
        toldAt = time.GetUtcNow();
        TimeSpan left = current.TargetCertificate.NotAfter.ToUniversalTime() - toldAt.UtcDateTime;
        if (left < Notice)
            Log.CertificateExpires(logger, files.Certificate, current.TargetCertificate.NotAfter, Math.Floor(left.TotalDays));
    }

    private string Stamp() => string.Join('|', new[] { files.Certificate, files.Key, files.PasswordFile }.OfType<string>()
        .Select(path => new FileInfo(path)).Select(file => file.Exists ? $"{file.LastWriteTimeUtc.Ticks} {file.Length}" : "missing"));
}
