using System.Globalization;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>An image and a mask of the reference data, and how they are measured and compared.</summary>
internal sealed record OracleCase(ScalarImage Image, bool[] Mask)
{
    /// <summary>A case that PyRadiomics was run on.</summary>
    public static OracleCase PyRadiomics(string name) =>
        Read($"radiomics/pyradiomics-oracle/{name}_image.nii.gz", $"radiomics/pyradiomics-oracle/{name}_mask.nii.gz");

    /// <summary>The CT phantom of IBSI.</summary>
    public static OracleCase CtPhantom() =>
        Read("radiomics/ibsi/ct-phantom/nifti/image/phantom.nii.gz", "radiomics/ibsi/ct-phantom/nifti/mask/mask.nii.gz");

    /// <summary>The digital phantom of IBSI.</summary>
    public static OracleCase DigitalPhantom() =>
        Read("radiomics/ibsi/digital-phantom/nifti/image/phantom.nii.gz", "radiomics/ibsi/digital-phantom/nifti/mask/mask.nii.gz");

    public RadiomicsResult Extract(string yaml, int threads = 0) => Extract(ParameterFile.Parse(yaml, "test.yaml"), threads);

    public RadiomicsResult Extract(RadiomicsParameters parameters, int threads = 0) =>
        FeatureExtractor.Extract(Image, Mask, parameters, threads, TestContext.Current.CancellationToken);

    /// <summary>A CSV's rows by the name in one column.</summary>
    public static Dictionary<string, string> Table(string path, int name = 0, int value = 1) =>
        File.ReadLines(SharedFiles.Data(path)).Skip(1).Select(line => line.Split(',')).Where(cells => cells.Length > value)
            .DistinctBy(cells => cells[name]).ToDictionary(cells => cells[name], cells => cells[value]);

    public static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static OracleCase Read(string image, string mask)
    {
        NiftiImage read = NiftiFile.ReadImage(SharedFiles.Data(image), TestContext.Current.CancellationToken);
        NiftiLabels labels = NiftiFile.ReadLabels(SharedFiles.Data(mask), TestContext.Current.CancellationToken);
        ScalarImage scalar = new(read.Image.Grid, read.Image.Voxels) { WholeNumbers = read.IsInteger };
        return new OracleCase(scalar, [.. labels.Labels.Select(label => label == 1)]);
    }
}
