using System.Globalization;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>A phantom's CT on disk, made once for all tests of the assembly.</summary>
public sealed class PhantomStudy : IDisposable
{
    private const int Seed = 22;
    private readonly TemporaryFolder folder = new();

    public PhantomStudy()
    {
        // A small matrix keeps the suite short; the demo runs the full one.
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(Seed, 256));
        Files = PhantomSeries.Write(folder["ct"], phantom.Volume, Seed.ToString(CultureInfo.InvariantCulture));
        HematomaMl = phantom.HematomaMl;
        StudyInstanceUid = DicomFile.Open(Files[0]).Dataset.GetString(DicomTag.StudyInstanceUID);
    }

    public IReadOnlyList<string> Files { get; }
    public string Folder => folder["ct"];
    public double HematomaMl { get; }
    public string StudyInstanceUid { get; }

    public void Dispose() => folder.Dispose();
}
