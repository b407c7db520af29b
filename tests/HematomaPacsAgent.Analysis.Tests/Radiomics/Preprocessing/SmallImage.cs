using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

/// <summary>Made-up images for tests.</summary>
internal static class SmallImage
{
    /// <summary>7 x 6 x 5 voxels of 1 x 1 x 2 mm: whole numbers from -100 to 99 of ANSI C's example rand(), seed 7.</summary>
    public static ScalarImage Noise()
    {
        long state = 7;
        var voxels = new double[7 * 6 * 5];
        for (int i = 0; i < voxels.Length; i++)
        {
            state = (state * 1103515245 + 12345) % (1L << 31);
            voxels[i] = (state >> 16) % 200 - 100;
        }

        return new ScalarImage(new ImageGrid(7, 6, 5, 1, 1, 2), voxels);
    }

    public static ScalarImage Constant(double value, int size) =>
        new(new ImageGrid(size, size, size, 1, 1, 1), [.. Enumerable.Repeat(value, size * size * size)]);

    public static ScalarImage Of(ImageGrid grid, Func<int, int, int, double> value)
    {
        var voxels = new double[grid.Count];
        for (int i = 0; i < voxels.Length; i++) voxels[i] = value(i % grid.SizeX, i / grid.SizeX % grid.SizeY, i / grid.SizeX / grid.SizeY);
        return new ScalarImage(grid, voxels);
    }

    public static bool[] Mask(ImageGrid grid, Func<int, int, int, bool> inside) =>
        [.. Of(grid, (x, y, z) => inside(x, y, z) ? 1 : 0).Voxels.Select(v => v == 1)];
}
