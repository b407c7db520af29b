using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>A study being put together from series, as real DICOM files on disk.</summary>
internal sealed class StudyFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> files = [];
    private int made;

    public IReadOnlyList<string> Files => files;

    public string this[string name] => folder[name];

    /// <summary>A volume as a series with a number, each image changed before it is written.</summary>
    public IReadOnlyList<string> Add(int number, Volume volume, Action<DicomDataset, int>? change = null) =>
        Add(number, PhantomSeries.Write(folder[$"drawn-{made++}"], volume, $"s{number}-{made}"), change);

    /// <summary>Copies of files as a series with a number and UIDs of its own, each image changed before it is written.</summary>
    public IReadOnlyList<string> Add(int number, IEnumerable<string> originals, Action<DicomDataset, int>? change = null)
    {
        string target = folder[$"series-{made++}"];
        Directory.CreateDirectory(target);
        List<string> written = [];
        foreach ((int index, string original) in originals.Index())
        {
            DicomDataset dataset = DicomFile.Open(original).Dataset;
            dataset.AddOrUpdate(DicomTag.StudyInstanceUID, DicomUID.Derive("mixed study"))
                .AddOrUpdate(DicomTag.FrameOfReferenceUID, DicomUID.Derive("mixed study", "frame of reference"))
                .AddOrUpdate(DicomTag.SeriesInstanceUID, DicomUID.Derive("mixed study", $"series {number}"))
                .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("mixed study", $"series {number}", $"file {made}-{index:D4}"))
                .AddOrUpdate(DicomTag.SeriesNumber, number);
            change?.Invoke(dataset, index);
            written.Add(Path.Combine(target, $"{index:D4}.dcm"));
            new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(written[^1]);
        }

        files.AddRange(written);
        return written;
    }

    public CtSeries Load(SeriesRules? rules = null) => CtSeriesLoader.Load(files, rules ?? new SeriesRules(), TestContext.Current.CancellationToken);

    /// <summary>As for radiomics: whatever the images show.</summary>
    public CtSeries LoadAny() => CtSeriesLoader.Load(files, TestContext.Current.CancellationToken);

    public NotEligibleException Refusal(SeriesRules? rules = null) => Assert.Throws<NotEligibleException>(() => Load(rules));

    public void Dispose() => folder.Dispose();
}
