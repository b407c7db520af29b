using BenchmarkDotNet.Attributes;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Benchmarks;

/// <summary>
/// Features of one region in a head CT of 512 x 512 x 40 voxels, on one thread, image in memory: what PyRadiomics' recorded times
/// (docs/radiomics-benchmark.md) are of. Needs the shared data: <c>HEMATOMA_SHARED</c> names their folder.
/// </summary>
[MemoryDiagnoser]
public class RadiomicsBenchmarks
{
    private ScalarImage ich5 = null!, large = null!;
    private bool[] ich5Mask = [], largeMask = [];
    private RadiomicsParameters original = null!, filters = null!;

    [GlobalSetup]
    public void Read()
    {
        string shared = Environment.GetEnvironmentVariable("HEMATOMA_SHARED") is { Length: > 0 } given ? given : "../shared";
        string folder = Path.Combine(shared, "data/radiomics/pyradiomics-oracle");
        ich5 = NiftiFile.ReadImage(Path.Combine(folder, "ich5_image.nii.gz"), CancellationToken.None).Image;
        ich5Mask = Array.ConvertAll(NiftiFile.ReadLabels(Path.Combine(folder, "ich5_mask.nii.gz"), CancellationToken.None).Labels, label => label == 1);
        (large, largeMask) = Large(ich5);
        original = Parameters("params_original.yaml");
        filters = Parameters("params_filters.yaml");

        RadiomicsParameters Parameters(string file)
        {
            RadiomicsParameters read = ParameterFile.Read(Path.Combine(folder, file));
            // The recorded times are of classes and filters, without the diagnostics of the whole image.
            return read with { Settings = read.Settings with { AdditionalInfo = false } };
        }
    }

    /// <summary>5 ml, 6,172 voxels: PyRadiomics' classes took 56.5 ms.</summary>
    [Benchmark]
    public RadiomicsResult Original5Ml() => FeatureExtractor.Extract(ich5, ich5Mask, original, threads: 1, CancellationToken.None);

    /// <summary>60 ml, 74,457 voxels: PyRadiomics' classes took 1,355 ms for a region of 74,074.</summary>
    [Benchmark]
    public RadiomicsResult Original60Ml() => FeatureExtractor.Extract(large, largeMask, original, threads: 1, CancellationToken.None);

    /// <summary>1,130 features: PyRadiomics took 16,991 ms.</summary>
    [Benchmark]
    public RadiomicsResult Filters5Ml() => FeatureExtractor.Extract(ich5, ich5Mask, filters, threads: 1, CancellationToken.None);

    /// <summary>1,130 features: PyRadiomics took 21,035 ms.</summary>
    [Benchmark]
    public RadiomicsResult Filters60Ml() => FeatureExtractor.Extract(large, largeMask, filters, threads: 1, CancellationToken.None);

    /// <summary>An ellipsoid in the box that the recorded 60 ml case had (103 x 125 x 11), of 35 to 85 HU with noise, in the same CT.</summary>
    private static (ScalarImage, bool[]) Large(ScalarImage ct)
    {
        const int SizeX = 103, SizeY = 125, SizeZ = 11, AtX = 200, AtY = 190, AtZ = 15;
        var voxels = (double[])ct.Voxels.Clone();
        var mask = new bool[voxels.Length];
        uint noise = 1;
        for (int z = 0; z < SizeZ; z++)
            for (int y = 0; y < SizeY; y++)
                for (int x = 0; x < SizeX; x++)
                {
                    double a = (x - 51) / 51.5, b = (y - 62) / 62.5, c = (z - 5) / 5.5;
                    if (a * a + b * b + c * c > 1) continue;
                    int at = ((z + AtZ) * ct.Grid.SizeY + y + AtY) * ct.Grid.SizeX + x + AtX;
                    noise = noise * 1664525 + 1013904223;
                    mask[at] = true;
                    voxels[at] = Math.Round(60 + 14 * Math.Sin(x * 0.11) * Math.Cos(y * 0.07 + z) + (noise >> 16) % 13 - 6 - 8 * (a * a + b * b + c * c));
                }

        return (new ScalarImage(ct.Grid, voxels) { WholeNumbers = true }, mask);
    }
}
