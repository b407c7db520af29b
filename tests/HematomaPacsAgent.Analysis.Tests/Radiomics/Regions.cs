using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>Made-up regions for tests.</summary>
internal static class Regions
{
    /// <summary>Measures a region whose surroundings do not matter; bins of 5 HU unless the settings say otherwise.</summary>
    public static RadiomicsResult Measure(RoiImage roi, RadiomicsSettings? settings = null, RadiomicsProfile profile = RadiomicsProfile.PyRadiomics) =>
        Measure(roi, new RadiomicsParameters { Profile = profile, Settings = settings ?? new RadiomicsSettings { BinWidth = 5 } });

    public static RadiomicsResult Measure(RoiImage roi, RadiomicsParameters parameters, int threads = 1) =>
        FeatureExtractor.Extract(new ScalarImage(roi.Grid, roi.Intensities.ToArray()), roi.Inside.ToArray(), parameters, threads,
            TestContext.Current.CancellationToken);

    /// <summary>The part of an image that a mask takes.</summary>
    public static RoiImage Of(ScalarImage image, bool[] mask) => new(image.Voxels, mask, image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ,
        image.Grid.SpacingXMm, image.Grid.SpacingYMm, image.Grid.SpacingZMm);

    /// <summary>Each voxel is inside with the given chance; the generator is the one of ANSI C's example rand(), as in the golden file's
    /// making.</summary>
    public static RoiImage Noise(int seed, int percent, int sizeX, int sizeY, int sizeZ, double spacingX, double spacingY, double spacingZ)
    {
        long state = seed;
        var mask = new bool[sizeX * sizeY * sizeZ];
        for (int i = 0; i < mask.Length; i++)
        {
            state = (state * 1103515245 + 12345) % (1L << 31);
            mask[i] = (state >> 16) % 100 < percent;
        }

        return new RoiImage([.. mask.Select((_, i) => 30 + i * 7919 % 56.0)], mask, sizeX, sizeY, sizeZ, spacingX, spacingY, spacingZ);
    }

    public static RoiImage Ball(double radiusMm, double spacingMm, double intensity = 60)
    {
        int size = 2 * (int)(radiusMm / spacingMm) + 3;
        double centre = (size - 1) / 2.0;
        var mask = new bool[size * size * size];
        for (int i = 0; i < mask.Length; i++)
        {
            double x = i % size - centre, y = i / size % size - centre, z = i / size / size - centre;
            mask[i] = (x * x + y * y + z * z) * spacingMm * spacingMm <= radiusMm * radiusMm;
        }

        return new RoiImage([.. mask.Select(_ => intensity)], mask, size, size, size, spacingMm, spacingMm, spacingMm);
    }

    /// <summary>The region seen along other axes: new axis k is old axis <paramref name="axes"/>[k], turned round where <paramref
    /// name="reversed"/>.</summary>
    public static RoiImage Turned(double[] intensities, bool[] mask, int[] size, double[] spacing, int[] axes, bool[] reversed,
        int border = 0)
    {
        int[] to = [.. axes.Select(axis => size[axis] + 2 * border)];
        (double[] values, bool[] flags) = (new double[to[0] * to[1] * to[2]], new bool[to[0] * to[1] * to[2]]);
        for (int z = 0; z < size[2]; z++)
            for (int y = 0; y < size[1]; y++)
                for (int x = 0; x < size[0]; x++)
                {
                    int[] at = [x, y, z], now = [.. axes.Select((axis, k) =>
                        (reversed[k] ? size[axis] - 1 - at[axis] : at[axis]) + border)];
                    int source = (z * size[1] + y) * size[0] + x, target = (now[2] * to[1] + now[1]) * to[0] + now[0];
                    (values[target], flags[target]) = (intensities[source], mask[source]);
                }

        return new RoiImage(values, flags, to[0], to[1], to[2], spacing[axes[0]], spacing[axes[1]], spacing[axes[2]]);
    }
}
