using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>Small images for filter tests, and plain ways to handle them.</summary>
internal static class Images
{
    public static ScalarImage Noise(int seed, int sizeX, int sizeY, int sizeZ, double spacingX = 1, double spacingY = 1, double spacingZ = 1)
    {
        var random = new Random(seed);
        return Of(sizeX, sizeY, sizeZ, (_, _, _) => 200 * random.NextDouble() - 100, spacingX, spacingY, spacingZ);
    }

    public static ScalarImage Impulse(int size) => Of(size, size, size, (x, y, z) => x == size / 2 && y == size / 2 && z == size / 2 ? 1 : 0);

    public static ScalarImage Of(int sizeX, int sizeY, int sizeZ, Func<int, int, int, double> voxel,
        double spacingX = 1, double spacingY = 1, double spacingZ = 1)
    {
        var voxels = new double[sizeX * sizeY * sizeZ];
        for (int i = 0; i < voxels.Length; i++) voxels[i] = voxel(i % sizeX, i / sizeX % sizeY, i / sizeX / sizeY);
        return new ScalarImage(new ImageGrid(sizeX, sizeY, sizeZ, spacingX, spacingY, spacingZ), voxels);
    }

    public static double At(this ScalarImage image, int x, int y, int z) => image.Voxels[(z * image.Grid.SizeY + y) * image.Grid.SizeX + x];

    /// <summary>A quarter turn about axis z (0), or about axis x (1).</summary>
    public static ScalarImage Turned(this ScalarImage image, int about)
    {
        ImageGrid g = image.Grid;
        return about == 0
            ? Of(g.SizeY, g.SizeX, g.SizeZ, (x, y, z) => image.At(y, g.SizeY - 1 - x, z))
            : Of(g.SizeX, g.SizeZ, g.SizeY, (x, y, z) => image.At(x, z, g.SizeZ - 1 - y));
    }

    public static void Same(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"value {i}: expected {expected[i]:R}, is {actual[i]:R}");
    }
}
