using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>An authority of its own in a temporary folder, and certificates that it gives out.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly X509Certificate2 authority;

    public TestCertificates(string name = "Test authority")
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        authority = request.CreateSelfSigned(Now.AddYears(-3), Now.AddYears(3));
        File.WriteAllText(Authority, authority.ExportCertificatePem());
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>PEM file of the authority.</summary>
    public string Authority => folder["ca.pem"];

    /// <summary>A certificate for servers and clients; the same name again replaces the files.</summary>
    public CertificateFiles Issue(string file, string host = "localhost", int days = 90)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new($"CN={host}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        if (host == "localhost") names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        using X509Certificate2 made = request.Create(authority, Now.AddYears(-2), Now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(folder[file + ".key"], key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(folder[file + ".pem"], made.ExportCertificatePem());
        return new CertificateFiles { Certificate = folder[file + ".pem"], Key = folder[file + ".key"] };
    }

    public void Dispose()
    {
        authority.Dispose();
        folder.Dispose();
    }
}
