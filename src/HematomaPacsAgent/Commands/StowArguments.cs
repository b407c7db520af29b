using System.CommandLine;
using HematomaPacsAgent.Dicom.Web;

namespace HematomaPacsAgent.Commands;

/// <summary>The options of <c>send</c> for a DICOMweb server. Secrets come from files: what stands on a command line is seen by everyone on
/// the machine.</summary>
internal sealed class StowArguments
{
    private readonly Option<FileInfo?> bearer = new("--bearer") { Description = "DICOMweb: file with the bearer token, read anew for each request" };
    private readonly Option<string?> user = new("--user") { Description = "DICOMweb: user of basic authentication" };
    private readonly Option<FileInfo?> password = new("--password") { Description = "DICOMweb: file with the password of --user" };

    public StowArguments(Command command)
    {
        foreach (Option option in (Option[])[bearer, user, password]) command.Options.Add(option);
    }

    /// <exception cref="UsageException">The address or a file cannot be used.</exception>
    public DicomWebOptions Options(string address, TlsArguments tls, ParseResult parsed)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
            throw new UsageException($"'{address}' is no address, as https://pacs.example/dicom-web");
        if (parsed.GetValue(user) is null != parsed.GetValue(password) is null)
            throw new UsageException("--user and --password go together");
        if (tls.Host(parsed) is not null)
            throw new UsageException("--tls-host is for DICOM over TLS; call a DICOMweb server by the name in its certificate");
        FileInfo? token = parsed.GetValue(bearer);
        if (token is { Exists: false }) throw new UsageException($"{token.FullName} is not there");
        return new DicomWebOptions(uri)
        {
            BearerToken = token is null ? null : async cancellation => (await File.ReadAllTextAsync(token.FullName, cancellation)).Trim(),
            Basic = parsed.GetValue(user) is { } name ? (name, File.ReadAllText(parsed.GetValue(password)!.FullName).Trim()) : null,
            Authorities = tls.Authorities(parsed),
            Identity = tls.Identity(parsed),
        };
    }
}
