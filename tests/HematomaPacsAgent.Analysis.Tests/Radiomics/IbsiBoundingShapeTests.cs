using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>
/// Morphology, local intensity, statistics, intensity-volume histogram and intensity histogram of both IBSI-1 phantoms: the digital one, and
/// the CT one under configuration A, which resamples nothing and re-segments to -500 to 400 HU.
/// </summary>
public sealed class IbsiRegionTests
{
    private static readonly string[] Families = ["Morphology", "Local intensity", "Statistics", "Intensity volume histogram", "Intensity histogram"];

    /// <summary>Codes but no values of IBSI's; MIRP has none either.</summary>
    private static readonly string[] NotStandardised =
        ["morph_vol_dens_ombb", "morph_area_dens_ombb", "morph_vol_dens_mvee", "morph_area_dens_mvee", "ivh_auc"];

    private static readonly string[] MadeOfMesh =
    [
        "morph_volume", "morph_area_mesh", "morph_av", "morph_comp_1", "morph_comp_2", "morph_sph_dispr", "morph_sphericity", "morph_asphericity",
        "morph_integ_int", "morph_vol_dens_aabb", "morph_area_dens_aabb", "morph_vol_dens_aee", "morph_area_dens_aee", "morph_vol_dens_conv_hull",
        "morph_area_dens_conv_hull",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    public void Every_value_of_the_consensus_is_met_within_its_tolerance_and_no_feature_is_missing_or_extra(string configuration)
    {
        string file = configuration == "digital" ? "digital_phantom_reference.csv" : "ct_phantom_reference.csv";
        Dictionary<string, string[]> reference = File.ReadLines(SharedFiles.Data($"radiomics/ibsi/{file}")).Skip(1).Select(line => line.Split(','))
            .Where(cells => cells[6] == configuration && Families.Contains(cells[0])).ToDictionary(cells => cells[10]);
        Dictionary<string, (double Value, string? Code)> found = Measure(configuration);

        Assert.Equal(79, found.Count);
        Assert.Equal(reference.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
        List<string> wrong = [];
        foreach ((string tag, string[] cells) in reference)
        {
            Assert.Equal(cells[2], found[tag].Code);
            if (NotStandardised.Contains(tag)) continue;
            double value = double.Parse(cells[7], CultureInfo.InvariantCulture), tolerance = double.Parse(cells[8], CultureInfo.InvariantCulture);
            double rounded = double.Parse(found[tag].Value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (!(Math.Abs(rounded - value) <= tolerance + 1e-12 * Math.Abs(value))) wrong.Add($"{tag}: {found[tag].Value:R}, IBSI {value} ± {tolerance}");
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("digital", 74)]
    [InlineData("A", 72)]
    public void Values_agree_with_MIRP(string configuration, int features)
    {
        Dictionary<string, string> mirp = File.ReadLines(SharedFiles.Data($"radiomics/ibsi/mirp_values_config_{configuration}.csv"))
            .Select(line => line.Split(',')).Where(cells => cells.Length == 2 && cells[1].Length > 0)
            .DistinctBy(cells => cells[0]).ToDictionary(cells => cells[0].Replace("_fbs_w25.0", "", StringComparison.Ordinal), cells => cells[1]);
        List<string> wrong = [];
        int compared = 0;
        foreach ((string tag, (double value, _)) in Measure(configuration))
        {
            // MIRP takes a sample of the pairs of a large region: 0.0232 for Moran's I where the consensus is 0.0322.
            if (NotStandardised.Contains(tag) || (configuration == "A" && tag is "morph_moran_i" or "morph_geary_c")) continue;
            double expected = double.Parse(mirp[tag], CultureInfo.InvariantCulture);
            compared++;
            // It holds intensities as 32-bit floats. Its mesh follows Lewiner's table, ours PyRadiomics': they differ in ambiguous cubes, of which
            // the digital phantom has none.
            double tolerance = configuration == "A" && MadeOfMesh.Contains(tag) ? 1e-3 : 1e-6;
            if (!(Math.Abs(value - expected) <= tolerance * Math.Abs(expected))) wrong.Add($"{tag}: {value:R}, MIRP {expected:R}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.Equal(features, compared);
    }

    /// <summary>Free of the mesh, the shapes that MIRP divides by are compared to full precision.</summary>
    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    public void Hull_box_and_ellipsoid_agree_with_MIRP(string configuration)
    {
        Dictionary<string, double> mirp = File.ReadLines(SharedFiles.Data($"radiomics/ibsi/mirp_values_config_{configuration}.csv"))
            .Select(line => line.Split(',')).Where(cells => cells[0].StartsWith("morph_", StringComparison.Ordinal) && cells[1].Length > 0)
            .ToDictionary(cells => cells[0], cells => double.Parse(cells[1], CultureInfo.InvariantCulture));
        Dictionary<string, (double Value, string? Code)> found = Measure(configuration);
        foreach (string shape in new[] { "aabb", "aee", "conv_hull" })
            foreach ((string size, string density) in new[] { ("morph_volume", "morph_vol_dens_"), ("morph_area_mesh", "morph_area_dens_") })
                Assert.Equal(1, found[size].Value / found[density + shape].Value / (mirp[size] / mirp[density + shape]), 1e-6);
    }

    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    public void Shapes_that_IBSI_has_no_values_for_enclose_the_hull_and_are_no_looser_than_the_plain_box(string configuration)
    {
        (ScalarImage image, bool[] form, _) = Region(configuration);
        BoundingShapesMeasures shapes = BoundingShapes.Measure(image.Grid, form, Cancellation);
        Box box = Box.Around(form, image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ);
        double plain = box.Count * image.Grid.SpacingXMm * image.Grid.SpacingYMm * image.Grid.SpacingZMm;
        Assert.InRange(shapes.Mesh.VolumeMm3, 0, shapes.HullVolumeMm3);
        Assert.InRange(shapes.Box.VolumeMm3, shapes.HullVolumeMm3, plain);
        Assert.InRange(shapes.Box.AreaMm2, shapes.HullAreaMm2, double.MaxValue);
        Assert.InRange(shapes.Ellipsoid.EllipsoidVolumeMm3, shapes.HullVolumeMm3, plain * Math.Sqrt(27) * Math.PI / 6);
    }

    private static (ScalarImage Image, bool[] Form, bool[] Intensities) Region(string configuration)
    {
        string folder = SharedFiles.Data($"radiomics/ibsi/{(configuration == "digital" ? "digital" : "ct")}-phantom/nifti");
        NiftiFile image = NiftiFile.Read(Path.Combine(folder, "image", "phantom.nii.gz")), mask = NiftiFile.Read(Path.Combine(folder, "mask", "mask.nii.gz"));
        bool[] form = [.. mask.Voxels.Select(flag => flag == 1)];
        bool[] intensities = [.. form.Select((inside, i) => inside && (configuration == "digital" || image.Voxels[i] is >= -500 and <= 400))];
        ImageGrid grid = new(image.SizeX, image.SizeY, image.SizeZ, image.SpacingX, image.SpacingY, image.SpacingZ);
        return (new ScalarImage(grid, image.Voxels), form, intensities);
    }

    private static Dictionary<string, (double Value, string? Code)> Measure(string configuration)
    {
        (ScalarImage image, bool[] form, bool[] intensities) = Region(configuration);
        ImageGrid grid = image.Grid;
        double[] values = [.. image.Voxels.Where((_, i) => intensities[i])];
        double origin = configuration == "digital" ? 1 : -500, width = configuration == "digital" ? 1 : 25;
        int[] levels = [.. values.Select(value => (int)Math.Floor((value - origin) / width) + 1)];
        var histogram = new int[levels.Max() + 1];
        foreach (int level in levels) histogram[level]++;
        VolumeHistogramLevels volumeHistogram = configuration == "digital" ? new() : new() { Low = -500, High = 400 };

        Dictionary<string, (double, string?)> found = [];
        Add(Shape.Features, Shape.Measure(grid, form, intensities, image.Voxels, RadiomicsProfile.Ibsi, Cancellation));
        Add(BoundingShapes.Features, BoundingShapes.Measure(grid, form, Cancellation));
        Add(SpatialCorrelation.Features, SpatialCorrelation.Measure(grid, intensities, image.Voxels, Cancellation));
        Add(LocalIntensity.Features, LocalIntensity.Measure(image, grid.Whole, intensities, Cancellation));
        Add(FirstOrder.Features, FirstOrder.Measure(values, 1, RadiomicsProfile.Ibsi, 0));
        Add(IntensityVolumeHistogram.Features, IntensityVolumeHistogram.Measure(values, volumeHistogram));
        Add(IntensityHistogram.Features, IntensityHistogram.Measure(histogram, 0));
        return found;

        void Add<T>(IReadOnlyList<Feature<T>> features, T measures)
        {
            foreach (Feature<T> feature in features)
                if (feature.Ibsi is { } tag) found.Add(tag, (feature.Value(measures), feature.Code));
        }
    }
}
