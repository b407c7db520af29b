using HematomaPacsAgent.Dicom.Json;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>What a server says of the instances of a store request.</summary>
/// <remarks>PS3.18 §10.5.3, table I.2-1</remarks>
internal sealed class StoreReport
{
    private readonly Dictionary<string, DicomStatus> stored = [], failed = [];
    private readonly string otherwise;

    private StoreReport(string otherwise) => this.otherwise = otherwise;

    /// <param name="body">DICOM JSON; anything else says nothing of any instance.</param>
    /// <param name="otherwise">The reason for an instance that is not named.</param>
    public static StoreReport Read(byte[] body, string otherwise)
    {
        StoreReport report = new(otherwise);
        try
        {
            foreach (DicomDataset dataset in body.Length == 0 ? [] : DicomJson.Parse(body))
            {
                foreach (DicomDataset item in Items(dataset, DicomTag.ReferencedSOPSequence))
                    report.stored[Instance(item)] = item.TryGetSingleValue(DicomTag.WarningReason, out ushort warning)
                        ? new DicomStatus(warning) : DicomStatus.Success;
                foreach (DicomDataset item in Items(dataset, DicomTag.FailedSOPSequence))
                    report.failed[Instance(item)] = item.TryGetSingleValue(DicomTag.FailureReason, out ushort reason)
                        ? new DicomStatus(reason) : DicomStatus.ProcessingFailure;
            }
        }
        catch (DicomFormatException)
        {
            // An answer for people, or in XML: the HTTP status has to do.
        }

        return report;
    }

    /// <summary>An instance that the server does not name counts as not stored.</summary>
    public StoreResult ResultOf(OutgoingFile file)
    {
        string instance = file.SopInstance.Value;
        if (failed.TryGetValue(instance, out DicomStatus why))
            return new StoreResult(file.Path, file.SopInstance, why, $"the server refused it: {Text(why)}");
        if (stored.TryGetValue(instance, out DicomStatus status))
            return new StoreResult(file.Path, file.SopInstance, status.IsKept ? status : DicomStatus.Success, null);
        return new StoreResult(file.Path, file.SopInstance, null, otherwise);
    }

    private static IEnumerable<DicomDataset> Items(DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetSequence(tag, out DicomSequence? sequence) ? sequence.Items : [];

    private static string Instance(DicomDataset item) => item.GetStringOrEmpty(DicomTag.ReferencedSOPInstanceUID);

    /// <remarks>Table I.2-2</remarks>
    private static string Text(DicomStatus reason) => reason.Code switch
    {
        0xC122 => "transfer syntax not supported (C122)",
        _ => reason.ToString(),
    };
}
