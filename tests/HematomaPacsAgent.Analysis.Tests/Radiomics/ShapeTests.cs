using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class ShapeTests
{
    /// <summary>Noise reaches all 256 cube cases; the golden values are PyRadiomics' algorithm with its table, run over the same masks with
    /// brute-force diameters.</summary>
    [Fact]
    public void Surface_and_diameters_of_noise_agree_with_the_reference_for_every_cube_case()
    {
        string golden = Path.Combine(SharedFiles.Repository, "tests", "golden", "radiomics-noise-masks.csv");
        foreach (string line in File.ReadLines(golden).Skip(1))
        {
            double[] row = [.. line.Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))];
            RoiImage roi = Regions.Noise((int)row[0], (int)row[1], (int)row[2], (int)row[3], (int)row[4], row[5], row[6], row[7]);
            IReadOnlyDictionary<string, double> values = Extract(roi);
            string[] names = ["MeshVolume", "SurfaceArea", "Maximum3DDiameter", "Maximum2DDiameterSlice", "Maximum2DDiameterColumn",
                "Maximum2DDiameterRow"];
            for (int i = 0; i < names.Length; i++)
                AssertClose(row[8 + i], values[$"original_shape_{names[i]}"], 1e-11, $"{names[i]} of {line}");
        }
    }

    [Fact]
    public void Every_cube_case_has_one_vertex_on_each_edge_between_inside_and_outside()
    {
        Assert.Empty(CubeCases.Triangles[0]);
        Assert.Empty(CubeCases.Triangles[255]);
        for (int corners = 0; corners < 256; corners++)
        {
            int crossed = 0;
            for (int a = 0; a < 8; a++)
                for (int axis = 1; axis < 8; axis <<= 1)
                    if ((a & axis) == 0 && (corners >> a & 1) != (corners >> (a | axis) & 1)) crossed++;
            Assert.Equal(crossed, CubeCases.Triangles[corners].SelectMany(t => new[] { t.A, t.B, t.C }).Distinct().Count());
        }
    }

    [Fact]
    public void A_single_voxel_is_an_octahedron_without_axes()
    {
        ShapeMeasures voxel = Shape.Measure(new ImageGrid(1, 1, 1, 2, 2, 2), [true], [true], [50], RadiomicsProfile.PyRadiomics,
            TestContext.Current.CancellationToken);
        AssertClose(8.0 / 6, Value("MeshVolume"), 1e-12);
        AssertClose(Math.Sqrt(3) * 2 * 2, Value("SurfaceArea"), 1e-12);
        AssertClose(2, Value("Maximum3DDiameter"), 1e-12);
        Assert.True(double.IsNaN(Value("Elongation")));

        double Value(string name) => Shape.Features.Single(feature => feature.PyRadiomics == name).Value(voxel);
    }

    [Fact]
    public void The_diameters_of_a_box_run_between_the_middles_of_its_outer_voxel_faces()
    {
        RoiImage box = new(new double[6], [.. Enumerable.Repeat(true, 6)], 3, 2, 1, 1, 1, 1);
        IReadOnlyDictionary<string, double> values = Extract(box);
        AssertClose(Math.Sqrt(10), values["original_shape_Maximum3DDiameter"], 1e-12);
        AssertClose(Math.Sqrt(10), values["original_shape_Maximum2DDiameterSlice"], 1e-12);
        AssertClose(3, values["original_shape_Maximum2DDiameterColumn"], 1e-12);
        AssertClose(2, values["original_shape_Maximum2DDiameterRow"], 1e-12);
        AssertClose(6, values["original_shape_VoxelVolume"], 1e-12);
    }

    [Fact]
    public void A_ball_has_equal_axes_its_own_diameter_and_a_sphericity_near_one()
    {
        IReadOnlyDictionary<string, double> values = Extract(Regions.Ball(20, 0.8));
        AssertClose(4.0 / 3 * Math.PI * 8000, values["original_shape_MeshVolume"], 0.02);
        AssertClose(40, values["original_shape_Maximum3DDiameter"], 0.03);
        AssertClose(1, values["original_shape_Elongation"], 1e-9);
        AssertClose(1, values["original_shape_Flatness"], 1e-9);
        // Radius of gyration: an axis length is 4 sqrt(R^2 / 5).
        AssertClose(4 * 20 / Math.Sqrt(5), values["original_shape_MajorAxisLength"], 0.01);
        Assert.InRange(values["original_shape_Sphericity"], 0.9, 1);
    }

    [Fact]
    public void The_ellipsoid_area_of_a_sphere_is_exact_and_that_of_a_spheroid_is_IBSIs_not_geometrys()
    {
        AssertClose(4 * Math.PI * 25, new PrincipalAxes(6.25, 6.25, 6.25).EllipsoidAreaMm2, 1e-12);
        // Semi-axes 5, 3, 3: true area 2 pi (9 + 15 asin(0.8) / 0.8) = 165.8 mm2. IBSI's alpha = beta = 0.8 gives 4 pi 15 sum(0.64^n / (1 -
        // 4 n^2)).
        double sum = Enumerable.Range(0, 21).Sum(n => Math.Pow(0.64, n) / (1 - 4.0 * n * n));
        AssertClose(4 * Math.PI * 15 * sum, new PrincipalAxes(6.25, 2.25, 2.25).EllipsoidAreaMm2, 1e-12);
    }

    [Fact]
    public void Resegmentation_moves_the_centre_and_the_mean_and_leaves_the_form()
    {
        RoiImage roi = Regions.Noise(7, 60, 12, 11, 6, 0.45, 0.45, 5);
        ImageGrid grid = new(roi.SizeX, roi.SizeY, roi.SizeZ, 0.45, 0.45, 5);
        bool[] form = roi.Inside.ToArray();
        double[] intensities = roi.Intensities.ToArray();
        bool[] bright = [.. form.Select((inside, i) => inside && intensities[i] > 60)];
        foreach (Feature<ShapeMeasures> feature in Shape.Features)
        {
            double whole = Value(form), part = Value(bright), none = Value(new bool[form.Length]);
            if (feature.Ibsi is "morph_com" or "morph_integ_int")
            {
                Assert.NotEqual(whole, part);
                Assert.True(double.IsNaN(none));
            }
            else Assert.Equal((whole, whole), (part, none));

            double Value(bool[] mask) =>
                feature.Value(Shape.Measure(grid, form, mask, intensities, RadiomicsProfile.Ibsi, TestContext.Current.CancellationToken));
        }
    }

    /// <summary>A box with an empty border is as good as the tight one: the bounding box is the mask's own.</summary>
    [Fact]
    public void An_empty_border_changes_no_feature()
    {
        RoiImage roi = Regions.Noise(9, 60, 9, 8, 5, 0.45, 0.6, 5);
        ImageGrid tight = new(roi.SizeX, roi.SizeY, roi.SizeZ, 0.45, 0.6, 5), loose = new(roi.SizeX + 5, roi.SizeY + 4, roi.SizeZ + 3, 0.45, 0.6, 5);
        (bool[] mask, double[] intensities) = (new bool[loose.Count], new double[loose.Count]);
        for (int i = 0; i < tight.Count; i++)
        {
            int at = ((i / roi.SizeX / roi.SizeY + 1) * loose.SizeY + i / roi.SizeX % roi.SizeY + 2) * loose.SizeX + i % roi.SizeX + 3;
            (mask[at], intensities[at]) = (roi.Inside[i], roi.Intensities[i]);
        }

        ShapeMeasures here = Shape.Measure(tight, roi.Inside, roi.Inside, roi.Intensities, RadiomicsProfile.Ibsi, TestContext.Current.CancellationToken),
            there = Shape.Measure(loose, mask, mask, intensities, RadiomicsProfile.Ibsi, TestContext.Current.CancellationToken);
        foreach (Feature<ShapeMeasures> feature in Shape.Features)
            AssertClose(feature.Value(here), feature.Value(there), 1e-12, feature.Ibsi ?? feature.PyRadiomics!);
    }

    private static IReadOnlyDictionary<string, double> Extract(RoiImage roi) =>
        Regions.Measure(roi, new RadiomicsSettings()).Values;

    private static void AssertClose(double expected, double actual, double relative, string what = "") =>
        Assert.True(Math.Abs(actual - expected) <= relative * Math.Abs(expected), $"{what}: expected {expected:R}, got {actual:R}");
}
