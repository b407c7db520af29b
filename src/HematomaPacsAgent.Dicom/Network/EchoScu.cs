namespace HematomaPacsAgent.Dicom.Network;

/// <summary>C-ECHO: is the peer there, and does it know us?</summary>
/// <remarks>PS3.4 annex A</remarks>
public static class EchoScu
{
    /// <summary>Opens an association, echoes once, releases; returns when the peer has answered with success.</summary>
    /// <exception cref="AssociationRejectedException">The peer refused; the message says why and what to do.</exception>
    /// <exception cref="DicomNetworkException">The peer cannot be reached, did not answer, or answered with a failure.</exception>
    public static async Task EchoAsync(RemoteAe remote, string callingAeTitle, AssociationOptions? options, CancellationToken cancellation)
    {
        ProposedContext verification = new(DicomUID.Verification, [DicomTransferSyntax.ImplicitVRLittleEndian]);
        await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle, [verification], options, null,
            cancellation);
        DicomStatus status = await association.EchoAsync(cancellation);
        await association.ReleaseAsync(cancellation);
        if (!status.IsSuccess) throw new DicomNetworkException($"{remote} answered the C-ECHO with {status}");
    }
}
