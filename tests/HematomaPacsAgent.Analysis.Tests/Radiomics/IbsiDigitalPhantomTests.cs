using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>The IBSI 1 digital phantom (5 x 4 x 4 voxels of 2 mm, already discretised): each value that we compute, within IBSI's own tolerance.</summary>
public sealed class IbsiDigitalPhantomTests
{
    private static readonly Dictionary<string, string> Tags = new()
    {
        ["original_firstorder_Mean"] = "stat_mean",
        ["original_firstorder_Variance"] = "stat_var",
        ["original_firstorder_Skewness"] = "stat_skew",
        ["original_firstorder_Kurtosis"] = "stat_kurt",
        ["original_firstorder_Median"] = "stat_median",
        ["original_firstorder_Minimum"] = "stat_min",
        ["original_firstorder_10Percentile"] = "stat_p10",
        ["original_firstorder_90Percentile"] = "stat_p90",
        ["original_firstorder_Maximum"] = "stat_max",
        ["original_firstorder_InterquartileRange"] = "stat_iqr",
        ["original_firstorder_Range"] = "stat_range",
        ["original_firstorder_MeanAbsoluteDeviation"] = "stat_mad",
        ["original_firstorder_RobustMeanAbsoluteDeviation"] = "stat_rmad",
        ["original_firstorder_Energy"] = "stat_energy",
        ["original_firstorder_RootMeanSquared"] = "stat_rms",
        ["original_firstorder_Entropy"] = "ih_entropy",
        ["original_firstorder_Uniformity"] = "ih_uniformity",
        ["original_shape_MeshVolume"] = "morph_volume",
        ["original_shape_VoxelVolume"] = "morph_vol_approx",
        ["original_shape_SurfaceArea"] = "morph_area_mesh",
        ["original_shape_SurfaceVolumeRatio"] = "morph_av",
        ["original_shape_Sphericity"] = "morph_sphericity",
        ["original_shape_Maximum3DDiameter"] = "morph_diam",
        ["original_shape_MajorAxisLength"] = "morph_pca_maj_axis",
        ["original_shape_MinorAxisLength"] = "morph_pca_min_axis",
        ["original_shape_LeastAxisLength"] = "morph_pca_least_axis",
        ["original_shape_Elongation"] = "morph_pca_elongation",
        ["original_shape_Flatness"] = "morph_pca_flatness",
        ["original_glcm_MaximumProbability"] = "cm_joint_max_3D_avg",
        ["original_glcm_JointAverage"] = "cm_joint_avg_3D_avg",
        ["original_glcm_SumSquares"] = "cm_joint_var_3D_avg",
        ["original_glcm_JointEntropy"] = "cm_joint_entr_3D_avg",
        ["original_glcm_DifferenceAverage"] = "cm_diff_avg_3D_avg",
        ["original_glcm_DifferenceVariance"] = "cm_diff_var_3D_avg",
        ["original_glcm_DifferenceEntropy"] = "cm_diff_entr_3D_avg",
        ["original_glcm_SumAverage"] = "cm_sum_avg_3D_avg",
        ["original_glcm_SumEntropy"] = "cm_sum_entr_3D_avg",
        ["original_glcm_JointEnergy"] = "cm_energy_3D_avg",
        ["original_glcm_Contrast"] = "cm_contrast_3D_avg",
        ["original_glcm_Id"] = "cm_inv_diff_3D_avg",
        ["original_glcm_Idn"] = "cm_inv_diff_norm_3D_avg",
        ["original_glcm_Idm"] = "cm_inv_diff_mom_3D_avg",
        ["original_glcm_Idmn"] = "cm_inv_diff_mom_norm_3D_avg",
        ["original_glcm_InverseVariance"] = "cm_inv_var_3D_avg",
        ["original_glcm_Correlation"] = "cm_corr_3D_avg",
        ["original_glcm_Autocorrelation"] = "cm_auto_corr_3D_avg",
        ["original_glcm_ClusterTendency"] = "cm_clust_tend_3D_avg",
        ["original_glcm_ClusterShade"] = "cm_clust_shade_3D_avg",
        ["original_glcm_ClusterProminence"] = "cm_clust_prom_3D_avg",
        ["original_glcm_Imc1"] = "cm_info_corr1_3D_avg",
        ["original_glcm_Imc2"] = "cm_info_corr2_3D_avg",
    };

    // PyRadiomics' own, without an IBSI code.
    private static readonly string[] WithoutCode =
        ["original_firstorder_TotalEnergy", "original_shape_Maximum2DDiameterColumn", "original_shape_Maximum2DDiameterRow", "original_shape_Maximum2DDiameterSlice", "original_glcm_MCC"];

    [Fact]
    public void Every_feature_equals_the_consensus_value_and_none_is_without_one()
    {
        IReadOnlyDictionary<string, double> values = FeatureExtractor.Extract(Phantom(), new RadiomicsSettings(RadiomicsProfile.Ibsi, BinWidth: 1), TestContext.Current.CancellationToken).Values;
        Assert.Equal(values.Keys.Order(StringComparer.Ordinal), Tags.Keys.Concat(WithoutCode).Order(StringComparer.Ordinal));
        Dictionary<string, (double Value, double Tolerance)> reference = Reference();
        List<string> wrong = [];
        foreach (var (name, tag) in Tags)
        {
            (double expected, double tolerance) = reference[tag];
            if (Math.Abs(ThreeDigits(values[name]) - expected) > tolerance + 1e-12) wrong.Add($"{name}: {values[name]} instead of {expected} ± {tolerance}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    internal static RoiImage Phantom()
    {
        string[][] rows = [.. File.ReadLines(SharedFiles.Data("radiomics/ibsi/digital_phantom_volume.csv")).Skip(1).Select(line => line.Split(','))];
        double[] intensities = new double[80];
        bool[] mask = new bool[80];
        foreach (string[] row in rows)
        {
            int at = (int.Parse(row[2]) * 4 + int.Parse(row[1])) * 5 + int.Parse(row[0]);
            (intensities[at], mask[at]) = (double.Parse(row[3], CultureInfo.InvariantCulture), row[4] == "1");
        }

        return new RoiImage(intensities, mask, (5, 4, 4), (2, 2, 2));
    }

    private static Dictionary<string, (double, double)> Reference()
    {
        Dictionary<string, (double, double)> reference = [];
        foreach (string line in File.ReadLines(SharedFiles.Data("radiomics/ibsi/digital_phantom_reference.csv")).Skip(1))
        {
            string[] cells = line.Split(',');
            if (double.TryParse(cells[^4], CultureInfo.InvariantCulture, out double value) && double.TryParse(cells[^3], CultureInfo.InvariantCulture, out double tolerance))
                reference[cells[^1]] = (value, tolerance);
        }

        return reference;
    }

    /// <summary>IBSI compares values rounded to three significant digits.</summary>
    private static double ThreeDigits(double value) => double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
