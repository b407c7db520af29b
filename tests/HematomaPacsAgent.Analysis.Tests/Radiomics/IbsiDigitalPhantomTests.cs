using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>The digital phantom of the Image Biomarker Standardisation Initiative: consensus values with their tolerances.</summary>
public sealed class IbsiDigitalPhantomTests
{
    /// <summary>Rows of the families built so far that are not computed yet, or that IBSI itself has no value for.</summary>
    private static readonly string[] NotComputed =
    [
        "morph_vol_dens_ombb", "morph_area_dens_ombb", "morph_vol_dens_mvee", "morph_area_dens_mvee", "morph_vol_dens_conv_hull",
        "morph_area_dens_conv_hull", "morph_moran_i", "morph_geary_c",
        "ih_mean", "ih_var", "ih_skew", "ih_kurt", "ih_median", "ih_min", "ih_p10", "ih_p90", "ih_max", "ih_mode", "ih_iqr", "ih_range",
        "ih_mad", "ih_rmad", "ih_medad", "ih_cov", "ih_qcod", "ih_max_grad", "ih_max_grad_g", "ih_min_grad", "ih_min_grad_g",
    ];

    private static readonly string[] Families = ["Statistics", "Morphology", "Intensity histogram", "Co-occurrence matrix"];

    [Fact]
    public void Every_standardised_value_is_met_within_its_tolerance_and_no_feature_is_missing_or_extra()
    {
        var reference = File.ReadLines(SharedFiles.Data("radiomics/ibsi/digital_phantom_reference.csv")).Skip(1)
            .Select(line => line.Split(',')).Where(cells => Families.Contains(cells[0]) && cells[4] is "" or "3D_avg" or "3D_merged")
            .Where(cells => !NotComputed.Contains(cells[10]))
            .ToDictionary(cells => cells[10]);

        RadiomicsResult result = FeatureExtractor.Extract(Phantom(), Settings, TestContext.Current.CancellationToken);

        Assert.Equal(reference.Keys.Order(StringComparer.Ordinal), result.Values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(91, reference.Count);
        List<string> wrong = [];
        foreach ((string tag, string[] cells) in reference)
        {
            double value = double.Parse(cells[7], CultureInfo.InvariantCulture),
                tolerance = double.Parse(cells[8], CultureInfo.InvariantCulture);
            double rounded = double.Parse(result.Values[tag].ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (!(Math.Abs(rounded - value) <= tolerance + 1e-12 * Math.Abs(value)))
                wrong.Add($"{tag}: {result.Values[tag]:R}, IBSI {value} ± {tolerance}");
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void The_catalogue_names_the_IBSI_code_of_every_feature_as_the_reference_does()
    {
        var codes = File.ReadLines(SharedFiles.Data("radiomics/ibsi/digital_phantom_reference.csv")).Skip(1).Select(line => line.Split(','))
            .DistinctBy(cells => cells[10]).ToDictionary(cells => cells[10], cells => cells[2]);
        foreach (RadiomicsFeature feature in FeatureExtractor.Catalogue(RadiomicsProfile.Ibsi))
            Assert.Equal(codes[feature.Name], feature.IbsiCode);
    }

    [Fact]
    public void Values_agree_with_MIRP_to_full_precision()
    {
        var mirp = File.ReadLines(SharedFiles.Data("radiomics/ibsi/mirp_values_config_digital.csv")).Select(line => line.Split(','))
            .Where(cells => cells.Length == 2).DistinctBy(cells => cells[0]).ToDictionary(cells => cells[0], cells => cells[1]);

        RadiomicsResult result = FeatureExtractor.Extract(Phantom(), Settings, TestContext.Current.CancellationToken);

        List<string> wrong = [];
        int compared = 0;
        foreach ((string tag, double value) in result.Values)
        {
            string column = tag.Replace("_3D_avg", "_d1_3d_avg", StringComparison.Ordinal)
                .Replace("_3D_comb", "_d1_3d_v_mrg", StringComparison.Ordinal);
            double expected = double.Parse(mirp[column], CultureInfo.InvariantCulture);
            compared++;
            // MIRP holds intensities as 32-bit floats: its mean is 2.148648738… where the phantom's is 159/74.
            if (!(Math.Abs(value - expected) <= 1e-6 * Math.Abs(expected))) wrong.Add($"{tag}: {value:R}, MIRP {expected:R}");
        }

        Assert.Empty(wrong);
        Assert.Equal(91, compared);
    }

    private static RadiomicsSettings Settings => new() { Profile = RadiomicsProfile.Ibsi, BinWidth = 1 };

    private static RoiImage Phantom()
    {
        int[][] rows = [.. File.ReadLines(SharedFiles.Data("radiomics/ibsi/digital_phantom_volume.csv")).Skip(1)
            .Select(line => line.Split(',').Select(int.Parse).ToArray())];
        int sizeX = rows.Max(row => row[0]) + 1, sizeY = rows.Max(row => row[1]) + 1, sizeZ = rows.Max(row => row[2]) + 1;
        var intensities = new double[rows.Length];
        var mask = new bool[rows.Length];
        foreach (int[] row in rows)
        {
            int index = (row[2] * sizeY + row[1]) * sizeX + row[0];
            (intensities[index], mask[index]) = (row[3], row[4] == 1);
        }

        return new RoiImage(intensities, mask, sizeX, sizeY, sizeZ, 2, 2, 2);
    }
}
