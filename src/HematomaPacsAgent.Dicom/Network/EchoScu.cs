using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>C-ECHO: is the peer there, and does it know us?</summary>
/// <remarks>PS3.4 annex A</remarks>
public static class EchoScu
{
    /// <summary>Opens an association, echoes once, releases.</summary>
    /// <exception cref="AssociationRejectedException">The peer refused.</exception>
    /// <exception cref="DicomNetworkException">The peer cannot be reached or did not answer.</exception>
    public static async Task<DicomStatus> SendAsync(RemoteAe remote, string callingAeTitle, AssociationOptions? options, ILogger? logger,
        CancellationToken cancellation)
    {
        ProposedContext verification = new(StorageSopClasses.Verification, ["1.2.840.10008.1.2"]);
        await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle, [verification], options, logger, cancellation);
        DicomStatus status = await association.EchoAsync(cancellation);
        await association.ReleaseAsync(cancellation);
        return status;
    }
}
