using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class InvarianceTests
{
    private static readonly int[][] Permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

    /// <summary>Random compact regions: an ellipsoid's inside, so that no cube is ambiguous and the mesh is closed.</summary>
    private static readonly Gen<(int[] Size, double[] Intensities, bool[] Mask)> Solid =
        from nx in Gen.Int[3, 8]
        from ny in Gen.Int[3, 8]
        from nz in Gen.Int[3, 8]
        from intensities in Gen.Int[30, 85].Array[nx * ny * nz]
        select (new[] { nx, ny, nz }, intensities.Select(hu => (double)hu).ToArray(), Ellipsoid(nx, ny, nz));

    [Fact]
    public void Turning_and_mirroring_by_right_angles_changes_no_feature() =>
        Gen.Select(Solid, Gen.Int[0, 5], Gen.Bool.Array[3]).Sample((solid, order, reversed) =>
        {
            int[] axes = Permutations[order];
            double[] spacing = [0.5, 0.7, 3];
            IReadOnlyDictionary<string, double> straight = Extract(Straight(solid, spacing));
            IReadOnlyDictionary<string, double> turned =
                Extract(Regions.Turned(solid.Intensities, solid.Mask, solid.Size, spacing, axes, reversed));
            foreach ((string name, double value) in straight)
                if (!name.Contains("2DDiameter", StringComparison.Ordinal)) AssertClose(value, turned[name], name);
            // The three plane diameters change places with the axes.
            string[] planes = ["original_shape_Maximum2DDiameterRow", "original_shape_Maximum2DDiameterColumn",
                "original_shape_Maximum2DDiameterSlice"];
            for (int k = 0; k < 3; k++) AssertClose(straight[planes[axes[k]]], turned[planes[k]], planes[k]);
        }, iter: 60);

    [Fact]
    public void Moving_the_region_in_a_larger_image_changes_nothing_at_all() =>
        Gen.Select(Solid, Gen.Int[1, 4]).Sample((solid, border) =>
        {
            double[] spacing = [0.5, 0.7, 3];
            IReadOnlyDictionary<string, double> tight = Extract(Straight(solid, spacing));
            IReadOnlyDictionary<string, double> moved =
                Extract(Regions.Turned(solid.Intensities, solid.Mask, solid.Size, spacing, [0, 1, 2], [false, false, false], border));
            foreach ((string name, double value) in tight) Assert.Equal(value, moved[name]);
        }, iter: 30);

    [Fact]
    public void Doubling_the_voxels_scales_lengths_areas_and_volumes_and_leaves_texture_alone() =>
        Solid.Sample(solid =>
        {
            IReadOnlyDictionary<string, double> once = Extract(Straight(solid, [0.5, 0.7, 3]));
            IReadOnlyDictionary<string, double> twice = Extract(Straight(solid, [1, 1.4, 6]));
            foreach (RadiomicsFeature feature in FeatureDictionary.Of(new RadiomicsParameters()))
            {
                double factor = feature.Unit switch { "mm" => 2, "mm2" => 4, "mm3" or "[hnsf'U]2.mm3" => 8, "/mm" => 0.5, _ => 1 };
                string name = $"original_{feature.FeatureClass}_{feature.Name}";
                AssertClose(once[name] * factor, twice[name], name);
            }
        }, iter: 30);

    [Fact]
    public void A_whole_bin_added_to_every_voxel_moves_the_mean_and_leaves_spread_and_texture() =>
        Solid.Sample(solid =>
        {
            double[] lower = [.. solid.Intensities.Select(hu => hu - 200)];
            IReadOnlyDictionary<string, double> here = Extract(Straight(solid, [1, 1, 1]));
            IReadOnlyDictionary<string, double> there = Extract(Straight((solid.Size, lower, solid.Mask), [1, 1, 1]));
            AssertClose(here["original_firstorder_Mean"] - 200, there["original_firstorder_Mean"], "mean");
            string[] moving = ["Mean", "Median", "Minimum", "Maximum", "10Percentile", "90Percentile", "Energy", "TotalEnergy", "RootMeanSquared"];
            foreach (string name in here.Keys.Where(name => !moving.Contains(name.Replace("original_firstorder_", "", StringComparison.Ordinal))))
                AssertClose(here[name], there[name], name);
        }, iter: 30);

    private static RoiImage Straight((int[] Size, double[] Intensities, bool[] Mask) solid, double[] spacing) =>
        new(solid.Intensities, solid.Mask, solid.Size[0], solid.Size[1], solid.Size[2], spacing[0], spacing[1], spacing[2]);

    private static bool[] Ellipsoid(int nx, int ny, int nz) =>
        [.. Enumerable.Range(0, nx * ny * nz).Select(i => Square(i % nx, nx) + Square(i / nx % ny, ny) + Square(i / nx / ny, nz) <= 1)];

    private static double Square(int index, int size) => Math.Pow((index - (size - 1) / 2.0) / (size / 2.0), 2);

    private static IReadOnlyDictionary<string, double> Extract(RoiImage roi) =>
        Regions.Measure(roi, new RadiomicsSettings()).Values;

    private static void AssertClose(double expected, double actual, string name)
    {
        if (double.IsNaN(expected) && double.IsNaN(actual)) return;
        // Odd moments of an almost symmetric region are differences of equal sums, so they agree absolutely only.
        Assert.True(Math.Abs(actual - expected) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"{name}: {expected:R} became {actual:R}");
    }
}
