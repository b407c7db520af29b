using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>
/// A small region in grey levels 1, 2, … (0 outside) for plain counting: no padding, no ranks, every neighbour by its coordinates. Its corners are
/// inside, so the region's box is the grid.
/// </summary>
internal sealed record LevelGrid(int[] Size, int[] Levels)
{
    public static readonly Gen<LevelGrid> Random =
        from size in Gen.Int[2, 5].Array[3]
        from levels in Gen.Int[0, 4].Array[size[0] * size[1] * size[2]]
        select new LevelGrid(size, [.. levels.Select((level, i) => i == 0 || i == levels.Length - 1 ? 1 : level)]);

    /// <summary>One slice.</summary>
    public static readonly Gen<LevelGrid> Flat = Random.Select(grid => new LevelGrid([grid.Size[0], grid.Size[1] * grid.Size[2], 1], grid.Levels));

    public IEnumerable<(int X, int Y, int Z, int Level)> Voxels =>
        Levels.Select((level, i) => (i % Size[0], i / Size[0] % Size[1], i / Size[0] / Size[1], level)).Where(voxel => voxel.level > 0);

    public int this[int x, int y, int z] =>
        x < 0 || y < 0 || z < 0 || x >= Size[0] || y >= Size[1] || z >= Size[2] ? 0 : Levels[(z * Size[1] + y) * Size[0] + x];

    /// <summary>Voxels of the region whose distance, the largest of the three coordinates', is one of those given.</summary>
    public IEnumerable<(int X, int Y, int Z, int Level)> Neighbours((int X, int Y, int Z, int Level) of, params int[] distances) =>
        Voxels.Where(one => distances.Contains(Math.Max(Math.Abs(one.X - of.X), Math.Max(Math.Abs(one.Y - of.Y), Math.Abs(one.Z - of.Z)))));

    public RoiImage Roi(double spacingX = 1, double spacingY = 1, double spacingZ = 1) =>
        new([.. Levels.Select(level => (double)level)], [.. Levels.Select(level => level > 0)], Size[0], Size[1], Size[2], spacingX, spacingY, spacingZ);

    public IReadOnlyDictionary<string, double> Measure(RadiomicsSettings settings, RadiomicsProfile profile = RadiomicsProfile.PyRadiomics,
        params Aggregation[] aggregations) =>
        Regions.Measure(Roi(), new RadiomicsParameters
        {
            Profile = profile,
            Settings = settings with { BinWidth = 1, MinimumROIDimensions = 1 },
            Ibsi = aggregations.Length > 0 ? new IbsiSettings { Aggregations = aggregations } : new IbsiSettings(),
        }).Values;
}
