using System.Net;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent;

/// <summary>A receiver's question to itself before anyone else asks: one instance over its own port and onto its own disk. An admin sees at once what would
/// fail, and the first sender finds everything loaded.</summary>
internal static class ReceiveSelfTest
{
    private const int PixelBytes = 600_000; // more than any buffer on its way

    /// <summary>The instance sent; whoever stores it removes it again.</summary>
    public static DicomUID Instance { get; } = DicomUID.Derive("HematomaPacsAgent", "receive self-test");

    /// <returns>What is wrong, in plain words; null when the instance was stored.</returns>
    public static async Task<string?> RunAsync(IPEndPoint listening, string? calledAeTitle, CancellationToken cancellation)
    {
        bool anyAddress = listening.Address.Equals(IPAddress.Any) || listening.Address.Equals(IPAddress.IPv6Any);
        RemoteAe self = new(calledAeTitle ?? "SELF-TEST", (anyAddress ? IPAddress.Loopback : listening.Address).ToString(), listening.Port);
        DicomDataset dataset = new DicomDataset().AddOrUpdate(DicomTag.SOPClassUID, DicomUID.SecondaryCaptureImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, Instance).AddOrUpdate(DicomVR.OB, DicomTag.PixelData, new byte[PixelBytes]);
        try
        {
            await using ScuAssociation association = await ScuAssociation.OpenAsync(self, "SELF-TEST",
                [new ProposedContext(DicomUID.SecondaryCaptureImageStorage, [DicomTransferSyntax.ExplicitVRLittleEndian])],
                new AssociationOptions { AssociationTimeout = TimeSpan.FromSeconds(5), DimseTimeout = TimeSpan.FromSeconds(5) }, null, cancellation);
            DicomStatus status = await association.StoreAsync(dataset, DicomTransferSyntax.ExplicitVRLittleEndian, cancellation);
            await association.ReleaseAsync(cancellation);
            return status.IsSuccess ? null : $"it answered {status} to an instance of its own; senders will be answered the same";
        }
        catch (DicomNetworkException e)
        {
            return e.Message;
        }
    }
}
