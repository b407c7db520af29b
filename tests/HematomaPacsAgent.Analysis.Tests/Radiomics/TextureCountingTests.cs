using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>Textures against plain counting: every pair of voxels, every line, every zone by its coordinates.</summary>
public sealed class TextureCountingTests
{
    private static readonly double[] Spacing = [0.4, 0.7, 1.1];

    [Theory]
    [InlineData(null)]
    [InlineData(WeightingNorm.NoWeighting)]
    [InlineData(WeightingNorm.Manhattan)]
    [InlineData(WeightingNorm.Euclidean)]
    [InlineData(WeightingNorm.Infinity)]
    public void Co_occurrences_at_two_distances_are_the_weighted_pairs_of_voxels(WeightingNorm? norm) => LevelGrid.Random.Sample(grid =>
    {
        Dictionary<(int, int, int), double[,]> matrices = [];
        foreach (var a in grid.Voxels)
            foreach (var b in grid.Neighbours(a, 1, 2))
            {
                (int x, int y, int z) = (b.X - a.X, b.Y - a.Y, b.Z - a.Z);
                // A direction and its opposite are one.
                var way = (z, y, x).CompareTo((0, 0, 0)) > 0 ? (x, y, z) : (-x, -y, -z);
                if (norm is not null) way = (0, 0, 0);
                if (!matrices.TryGetValue(way, out double[,]? matrix)) matrices[way] = matrix = new double[5, 5];
                matrix[a.Level, b.Level] += norm is null or WeightingNorm.NoWeighting ? 1 : Math.Exp(-Math.Pow(Length(norm.Value, x, y, z), 2));
            }

        IReadOnlyDictionary<string, double> values = Measure(grid, new RadiomicsSettings { Distances = [1, 2], WeightingNorm = norm });
        if (matrices.Count == 0) Assert.True(double.IsNaN(values["original_glcm_Contrast"]));
        else
        {
            Close(Mean(matrices.Values, (i, j, p) => p * (i - j) * (i - j)), values["original_glcm_Contrast"]);
            Close(Mean(matrices.Values, (_, _, p) => p * p), values["original_glcm_JointEnergy"]);
            Close(Mean(matrices.Values, (i, j, p) => p * i * j), values["original_glcm_Autocorrelation"]);
            Close(Mean(matrices.Values, (i, j, p) => p / (1 + Math.Abs(i - j))), values["original_glcm_Id"]);
            Close(Mean(matrices.Values, (_, _, p) => p > 0 ? -p * Math.Log2(p) : 0), values["original_glcm_JointEntropy"]);
        }
    }, iter: 40);

    [Theory]
    [InlineData(null)]
    [InlineData(WeightingNorm.NoWeighting)]
    [InlineData(WeightingNorm.Manhattan)]
    [InlineData(WeightingNorm.Euclidean)]
    [InlineData(WeightingNorm.Infinity)]
    public void Runs_are_those_of_every_line_weighted_by_its_direction(WeightingNorm? norm) => LevelGrid.Random.Sample(grid =>
    {
        List<(double Weight, List<(int Level, int Length)> Runs)> directions = [];
        foreach ((int x, int y, int z) in Half())
        {
            List<(int, int)> runs = [];
            HashSet<(int, int, int)> lines = [];
            bool line = false;
            foreach (var voxel in grid.Voxels)
            {
                (int X, int Y, int Z) start = (voxel.X, voxel.Y, voxel.Z);
                while (InBox(start.X - x, start.Y - y, start.Z - z)) start = (start.X - x, start.Y - y, start.Z - z);
                if (!lines.Add(start)) line = true;
                if (grid[voxel.X - x, voxel.Y - y, voxel.Z - z] == voxel.Level) continue;
                int length = 1;
                while (grid[voxel.X + length * x, voxel.Y + length * y, voxel.Z + length * z] == voxel.Level) length++;
                runs.Add((voxel.Level, length));
            }

            // PyRadiomics leaves a direction out in which no line meets two voxels.
            if (line) directions.Add((norm is { } weighting ? Length(weighting, x, y, z) : 1, runs));
        }

        IReadOnlyDictionary<string, double> values = Measure(grid, new RadiomicsSettings { WeightingNorm = norm });
        Close(Value(run => 1.0 / (run.Length * run.Length)), values["original_glrlm_ShortRunEmphasis"]);
        Close(Value(run => run.Length * run.Length), values["original_glrlm_LongRunEmphasis"]);
        Close(Value(run => run.Level * run.Level * run.Length * run.Length), values["original_glrlm_LongRunHighGrayLevelEmphasis"]);
        double voxels = grid.Voxels.Count();
        Close(norm is null
            ? directions.Average(one => one.Runs.Count / voxels)
            : directions.Sum(one => one.Weight * one.Runs.Count) / (voxels * directions.Sum(one => one.Weight)), values["original_glrlm_RunPercentage"]);

        double Value(Func<(int Level, int Length), double> of) => norm is null
            ? directions.Average(one => one.Runs.Average(of))
            : directions.Sum(one => one.Weight * one.Runs.Sum(of)) / directions.Sum(one => one.Weight * one.Runs.Count);

        bool InBox(int x, int y, int z) => x >= 0 && y >= 0 && z >= 0 && x < grid.Size[0] && y < grid.Size[1] && z < grid.Size[2];
    }, iter: 40);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Dependences_at_two_distances_are_neighbours_within_alpha(int alpha) => LevelGrid.Random.Sample(grid =>
    {
        (int Level, int Size)[] voxels = [.. grid.Voxels.Select(voxel =>
            (voxel.Level, 1 + grid.Neighbours(voxel, 1, 2).Count(other => Math.Abs(other.Level - voxel.Level) <= alpha)))];
        IReadOnlyDictionary<string, double> values = Measure(grid, new RadiomicsSettings { Distances = [1, 2], GldmA = alpha });
        Close(voxels.Average(one => 1.0 / (one.Size * one.Size)), values["original_gldm_SmallDependenceEmphasis"]);
        Close(voxels.Average(one => (double)one.Size * one.Size), values["original_gldm_LargeDependenceEmphasis"]);
        Close(voxels.Average(one => one.Level * one.Level / (double)(one.Size * one.Size)), values["original_gldm_SmallDependenceHighGrayLevelEmphasis"]);
        Close(voxels.GroupBy(one => one.Size).Sum(one => one.Count() * one.Count()) / (double)voxels.Length, values["original_gldm_DependenceNonUniformity"]);
        Close(voxels.GroupBy(one => one).Select(one => one.Count() / (double)voxels.Length).Sum(p => -p * Math.Log2(p)),
            values["original_gldm_DependenceEntropy"]);
    }, iter: 40);

    [Fact]
    public void Grey_tone_differences_at_two_distances_are_those_from_the_neighbours_mean() => LevelGrid.Random.Sample(grid =>
    {
        var differences = grid.Voxels.Where(voxel => grid.Neighbours(voxel, 1, 2).Any())
            .Select(voxel => (voxel.Level, Off: Math.Abs(voxel.Level - grid.Neighbours(voxel, 1, 2).Average(other => other.Level)))).ToList();
        IReadOnlyDictionary<string, double> values = Measure(grid, new RadiomicsSettings { Distances = [1, 2] });
        if (differences.Count == 0)
        {
            Assert.True(double.IsNaN(values["original_ngtdm_Coarseness"]));
            return;
        }

        double total = differences.Count;
        (int Level, double P, double S)[] tones =
            [.. differences.GroupBy(one => one.Level).Select(one => (one.Key, one.Count() / total, one.Sum(voxel => voxel.Off)))];
        double weighted = tones.Sum(one => one.P * one.S), spread = Pairs((a, b) => a.P * b.P * (a.Level - b.Level) * (a.Level - b.Level)),
            unlike = Pairs((a, b) => Math.Abs(a.Level * a.P - b.Level * b.P)), all = tones.Sum(one => one.S);
        Close(weighted == 0 ? 1e6 : 1 / weighted, values["original_ngtdm_Coarseness"]);
        Close(tones.Length == 1 ? 0 : spread / (tones.Length * (tones.Length - 1)) * all / total, values["original_ngtdm_Contrast"]);
        Close(unlike == 0 ? 0 : weighted / unlike, values["original_ngtdm_Busyness"]);
        Close(Pairs((a, b) => Math.Abs(a.Level - b.Level) * (a.P * a.S + b.P * b.S) / (a.P + b.P)) / total, values["original_ngtdm_Complexity"]);
        Close(all == 0 ? 0 : Pairs((a, b) => (a.P + b.P) * (a.Level - b.Level) * (a.Level - b.Level)) / all, values["original_ngtdm_Strength"]);

        double Pairs(Func<(int Level, double P, double S), (int Level, double P, double S), double> of) => tones.Sum(a => tones.Sum(b => of(a, b)));
    }, iter: 60);

    [Fact]
    public void Zones_are_what_a_flood_fills() => LevelGrid.Random.Sample(grid =>
    {
        List<(int Level, int Size)> zones = [];
        HashSet<(int X, int Y, int Z, int Level)> left = [.. grid.Voxels];
        while (left.Count > 0)
        {
            HashSet<(int X, int Y, int Z, int Level)> zone = [left.First()];
            for (int before = 0; zone.Count > before;)
            {
                before = zone.Count;
                zone.UnionWith([.. zone.SelectMany(voxel => grid.Neighbours(voxel, 1).Where(other => other.Level == voxel.Level))]);
            }

            zones.Add((zone.First().Level, zone.Count));
            left.ExceptWith(zone);
        }

        IReadOnlyDictionary<string, double> values = Measure(grid, new RadiomicsSettings());
        Close(zones.Average(one => 1.0 / (one.Size * one.Size)), values["original_glszm_SmallAreaEmphasis"]);
        Close(zones.Average(one => (double)one.Size * one.Size), values["original_glszm_LargeAreaEmphasis"]);
        Close(zones.Average(one => (double)one.Size * one.Size / (one.Level * one.Level)), values["original_glszm_LargeAreaLowGrayLevelEmphasis"]);
        Close(zones.GroupBy(one => one.Level).Sum(one => one.Count() * one.Count()) / (double)zones.Count, values["original_glszm_GrayLevelNonUniformity"]);
        Close(zones.Count / (double)grid.Voxels.Count(), values["original_glszm_ZonePercentage"]);
    }, iter: 60);

    private static IReadOnlyDictionary<string, double> Measure(LevelGrid grid, RadiomicsSettings settings) =>
        Regions.Measure(grid.Roi(Spacing[0], Spacing[1], Spacing[2]), settings with { BinWidth = 1 }).Values;

    private static IEnumerable<(int X, int Y, int Z)> Half() =>
        from z in Enumerable.Range(0, 2)
        from y in Enumerable.Range(-1, 3)
        from x in Enumerable.Range(-1, 3)
        where (z, y, x).CompareTo((0, 0, 0)) > 0
        select (x, y, z);

    private static double Length(WeightingNorm norm, int x, int y, int z)
    {
        double[] mm = [Math.Abs(x) * Spacing[0], Math.Abs(y) * Spacing[1], Math.Abs(z) * Spacing[2]];
        return norm switch
        {
            WeightingNorm.Manhattan => mm.Sum(),
            WeightingNorm.Euclidean => Math.Sqrt(mm.Sum(one => one * one)),
            WeightingNorm.Infinity => mm.Max(),
            _ => 1,
        };
    }

    private static double Mean(IEnumerable<double[,]> matrices, Func<int, int, double, double> of) => matrices.Average(matrix =>
    {
        double total = matrix.Cast<double>().Sum(), sum = 0;
        for (int i = 1; i < 5; i++)
            for (int j = 1; j < 5; j++) sum += of(i, j, matrix[i, j] / total);
        return sum;
    });

    private static void Close(double expected, double actual) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-9 * Math.Max(1, Math.Abs(expected)), $"counted {expected:R}, computed {actual:R}");
}
