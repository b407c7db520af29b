using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class AggregationTests
{
    private static readonly string[] Families = ["cm_", "rlm_", "szm_", "dzm_", "ngt_", "ngl_"];

    [Fact]
    public void The_order_in_which_matrices_are_merged_does_not_matter() => LevelGrid.Random.Sample(grid =>
    {
        DiscretisedRoi roi = Discretisation.Apply(grid.Roi(), new RadiomicsSettings { BinWidth = 1 });
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        IReadOnlyList<LevelSizeMatrix> slices = Zones.Sizes(roi, Plane.Axial, slices: true, cancellation);
        LevelSizeMatrix once = LevelSizeMatrix.Merge(slices), backwards = LevelSizeMatrix.Merge([.. slices.Reverse()]),
            inSteps = slices.Aggregate((a, b) => LevelSizeMatrix.Merge([a, b])), whole = Zones.Sizes(roi, Plane.Axial, slices: false, cancellation)[0];
        foreach (LevelSizeMatrix other in new[] { backwards, inSteps, whole })
            Assert.Equal((once.Voxels, once.Entries), (other.Voxels, other.Entries), SameMatrix);
        // Twice the weight counts twice.
        LevelSizeMatrix twice = LevelSizeMatrix.Merge([once], [2]);
        Assert.Equal(once.Entries.Select(entry => entry with { Count = 2 * entry.Count }), twice.Entries);
        Assert.Equal(2 * once.Voxels, twice.Voxels);
    }, iter: 100);

    [Fact]
    public void In_one_slice_it_does_not_matter_whether_slices_are_averaged_or_merged() => LevelGrid.Flat.Sample(grid =>
    {
        IReadOnlyDictionary<string, double> values = grid.Measure(new RadiomicsSettings(), RadiomicsProfile.Ibsi, Enum.GetValues<Aggregation>());
        int compared = 0;
        foreach ((string name, double value) in values)
        {
            if (!Families.Any(family => name.StartsWith(family, StringComparison.Ordinal)) || !name.Contains("_2D", StringComparison.Ordinal)) continue;
            Same(value, values[name.Replace("_2D", "_2_5D", StringComparison.Ordinal)], name);
            compared++;
            // Out of the plane there are no neighbours, but runs of one voxel, and an edge next to every voxel.
            if (name.StartsWith("rlm_", StringComparison.Ordinal) || name.StartsWith("dzm_", StringComparison.Ordinal)) continue;
            Same(value, values[name.Replace("_2D", "_3D", StringComparison.Ordinal)], name);
        }

        Assert.Equal(25 * 2 + 16 * 2 + 16 + 16 + 5 + 17, compared);
    }, iter: 40);

    [Fact]
    public void In_the_volume_the_axes_can_be_exchanged() => Gen.Select(LevelGrid.Random, Gen.Int[0, 5], Gen.Bool.Array[3]).Sample((grid, order, reversed) =>
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        int[] axes = orders[order], size = [.. axes.Select(axis => grid.Size[axis])], levels = new int[grid.Levels.Length];
        for (int z = 0; z < size[2]; z++)
            for (int y = 0; y < size[1]; y++)
                for (int x = 0; x < size[0]; x++)
                {
                    int[] now = [x, y, z], old = new int[3];
                    for (int k = 0; k < 3; k++) old[axes[k]] = reversed[k] ? size[k] - 1 - now[k] : now[k];
                    levels[(z * size[1] + y) * size[0] + x] = grid[old[0], old[1], old[2]];
                }

        Aggregation[] volume = [Aggregation.VolumeAverage, Aggregation.VolumeMerged];
        IReadOnlyDictionary<string, double> here = grid.Measure(new RadiomicsSettings(), RadiomicsProfile.Ibsi, volume),
            there = new LevelGrid(size, levels).Measure(new RadiomicsSettings(), RadiomicsProfile.Ibsi, volume);
        foreach ((string name, double value) in here)
            if (Families.Any(family => name.StartsWith(family, StringComparison.Ordinal))) Same(value, there[name], name);
    }, iter: 40);

    /// <summary>PyRadiomics' force2D merges the slices of a direction, and averages over directions: IBSI's 2_5D_avg. Features of both names are
    /// defined alike, and levels start at the region's minimum in both.</summary>
    [Fact]
    public void Planes_of_PyRadiomics_are_IBSIs_merged_by_direction() => LevelGrid.Random.Sample(grid =>
    {
        IReadOnlyDictionary<string, double> planes = grid.Measure(new RadiomicsSettings { Force2D = true }),
            merged = grid.Measure(new RadiomicsSettings(), RadiomicsProfile.Ibsi, Aggregation.DirectionMerged);
        int compared = Compare(Glcm.Features, "glcm", "_2_5D_avg") + Compare(Glszm.Features, "glszm", "_2_5D") + Compare(Gldm.Features, "gldm", "_2_5D");
        // PyRadiomics leaves a direction out in which no line meets two voxels of the region, and counts voxels without neighbours: there may be such
        // in so small a region.
        if (grid.Levels.All(level => level > 0) && grid.Size[0] > 1 && grid.Size[1] > 1)
            Assert.Equal(16 + 5, Compare(Glrlm.Features, "glrlm", "_2_5D_avg") + Compare(Ngtdm.Features, "ngtdm", "_2_5D"));
        Assert.Equal(23 + 16 + 14, compared);

        int Compare<T>(IReadOnlyList<Feature<T>> features, string family, string suffix)
        {
            Feature<T>[] both = [.. features.Where(feature => feature is { PyRadiomics: not null, Ibsi: not null })];
            foreach (Feature<T> feature in both) Same(planes[$"original_{family}_{feature.PyRadiomics}"], merged[feature.Ibsi + suffix], feature.Ibsi!);
            return both.Length;
        }
    }, iter: 60);

    private static bool SameMatrix((double Voxels, LevelSizeMatrix.Entry[] Entries) a, (double Voxels, LevelSizeMatrix.Entry[] Entries) b) =>
        a.Voxels == b.Voxels && a.Entries.SequenceEqual(b.Entries);

    private static void Same(double expected, double actual, string name)
    {
        if (double.IsNaN(expected) && double.IsNaN(actual)) return;
        Assert.True(Math.Abs(expected - actual) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"{name}: {expected:R} and {actual:R}");
    }
}
