using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Filters;

/// <summary>PyRadiomics 3.1 (with ITK 5.2 and PyWavelets 1.1) filtered the whole image of the same file; the region's features agree.</summary>
public sealed class FilterOracleTests
{
    private static readonly string[] Families = ["firstorder", "glcm"];

    [Fact]
    public void Features_of_filtered_images_agree_with_PyRadiomics_on_a_whole_head_CT()
    {
        string folder = SharedFiles.Data("radiomics/pyradiomics-oracle");
        var expected = File.ReadLines(Path.Combine(folder, "oracle_ich5_filters_bw25.csv")).Select(line => line.Split(',', 2))
            .Where(cells => Families.Any(family => cells[0].Contains($"_{family}_", StringComparison.Ordinal)))
            .ToDictionary(cells => cells[0], cells => double.Parse(cells[1], CultureInfo.InvariantCulture));
        NiftiFile file = NiftiFile.Read(Path.Combine(folder, "ich5_image.nii.gz"));
        bool[] mask = [.. NiftiFile.Read(Path.Combine(folder, "ich5_mask.nii.gz")).Voxels.Select(flag => flag == 1)];
        ImageGrid grid = new(file.SizeX, file.SizeY, file.SizeZ, file.SpacingX, file.SpacingY, file.SpacingZ);
        Box box = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        FilteredImages filtered = ImageTypes.Of(new ScalarImage(grid, file.Voxels), box,
        [
            new ImageType.Original(), new ImageType.LaplacianOfGaussian([LogSigma.Of(1), LogSigma.Of(3), LogSigma.Of(5)]), new ImageType.Wavelet(),
        ]);

        Assert.Empty(filtered.Warnings);
        List<string> wrong = [];
        int compared = 0;
        foreach (FilteredImage image in filtered.Images)
        {
            RoiImage roi = new(image.Compute(TestContext.Current.CancellationToken), box.Cut<bool>(mask, grid.SizeX, grid.SizeY),
                box.SizeX, box.SizeY, box.SizeZ, grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm);
            IReadOnlyDictionary<string, double> values =
                FeatureExtractor.Extract(roi, new RadiomicsSettings { BinWidth = 25 }, TestContext.Current.CancellationToken).Values;
            foreach ((string feature, double value) in expected.Where(e => e.Key.StartsWith(image.Prefix + "_", StringComparison.Ordinal)))
            {
                compared++;
                double got = values["original" + feature[image.Prefix.Length..]], off = Math.Abs(got - value) / Math.Max(Math.Abs(value), 1e-12);

                // ITK rounds the LoG to single precision between its passes, here nothing is rounded.
                double tolerance = image.Type is ImageType.LaplacianOfGaussian ? 1e-5 : 1e-9;
                if (!(off <= tolerance)) wrong.Add($"{feature}: {got:R}, PyRadiomics {value:R}, off by {off:G3}");
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(expected.Count, compared);
    }
}
