using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class ModelGridTests
{
    private static readonly SliceGrid Input = new(1.2, 224, [-20, 120]);

    [Theory]
    [InlineData(512, 0.45)]
    [InlineData(200, 1.3)]
    public void A_linear_picture_is_the_same_picture_on_the_models_grid_and_back(int size, double pixelMm)
    {
        VolumeGeometry geometry = ComponentsTests.Grid(size, size, 1, pixelMm);
        short[] values = new short[size * size];
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)Math.Round((i % size - size / 2) * pixelMm * 0.3 + (i / size - size / 2) * pixelMm * 0.1 + 50);
        ModelGrid grid = new(new Volume(geometry, values), Input);
        float[] back = new float[values.Length];
        grid.ToSource(grid.Normalised(0), back, float.NaN);
        int middle = size / 4;
        for (int row = middle; row < size - middle; row += 7)
            for (int column = middle; column < size - middle; column += 7)
                Assert.Equal(values[row * size + column], back[row * size + column] * 140 - 20, 1.0);
    }

    [Fact]
    public void Neighbours_are_the_slices_nearest_to_the_trained_distance_and_the_ends_repeat()
    {
        // The GE head of the shared data: 4 mm slices, one gap of 1.1 mm, then 7 mm slices.
        float[] z = [0, 4, 8, 9, 16, 23, 30];
        VolumeGeometry geometry = new(8, 8, Vector3.UnitX, Vector3.UnitY, 1, 1, [.. z.Select(at => new Vector3(0, 0, at))], 4);
        ModelGrid grid = new(new Volume(geometry, new short[64 * z.Length]), Input);
        Assert.Equal([0, 0, 1, 1, 3, 4, 5], Enumerable.Range(0, z.Length).Select(slice => grid.Neighbour(slice, -5)));
        Assert.Equal([1, 3, 4, 4, 5, 6, 6], Enumerable.Range(0, z.Length).Select(slice => grid.Neighbour(slice, 5)));
    }

    [Theory]
    [InlineData(3.0)]
    [InlineData(5.0)]
    [InlineData(7.1)]
    public async Task Python_prepares_the_same_input_for_both_networks(double sliceMm)
    {
        string python = Programs.Find("/usr/bin/python3", "python3-numpy");
        using TemporaryFolder temporary = new();
        string folder = temporary.Path;
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(2, 192, 1.2) with { SliceSpacingMm = sliceMm, Slices = 12 });
        PhantomArchive.Write(phantom, folder);
        const string Script = """
            import sys, numpy as np
            sys.path.insert(0, sys.argv[2])
            import phantoms
            case = phantoms.Case(sys.argv[1])
            x, key = phantoms.sign_input(case.volume, case.mask > 0)
            x.astype('<f4').tofile(sys.argv[1] + '/signs.raw')
            phantoms.normalise(case.volume).astype('<f4').tofile(sys.argv[1] + '/slices.raw')
            print(key, *[n for k in range(len(case.volume)) for n in phantoms.neighbours(len(case.volume), k, case.spacing[0])])
            """;
        string recipe = Path.Combine(SharedFiles.Repository, "models", "training");
        (int exit, string output) = await Programs.RunAsync(python, ["-c", Script, folder, recipe], TestContext.Current.CancellationToken);
        if (output.Contains("No module named 'numpy'", StringComparison.Ordinal)) Assert.Skip("apt-get install python3-numpy");
        Assert.True(exit == 0, output);
        int[] told = [.. output.Trim().Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];

        SliceGrid views = new(1.2, 96, [-20, 120]);
        (float[] signs, int key) = SignClassifier.Views(phantom.Volume, phantom.Hematoma, views);
        Assert.Equal(told[0], key);
        Near(Raw("signs.raw"), signs);
        // 192 pixels of the model's own size lie in the middle of its 224.
        ModelGrid grid = new(phantom.Volume, Input);
        float[] slices = Raw("slices.raw");
        for (int slice = 0; slice < 12; slice++)
        {
            float[] picture = grid.Normalised(slice);
            for (int row = 0; row < 192; row++)
                Near(slices.AsSpan((slice * 192 + row) * 192, 192).ToArray(), picture.AsSpan((row + 16) * 224 + 16, 192).ToArray());
            Assert.Equal<int>([.. told.Skip(1 + slice * 3).Take(3)], (int[])[grid.Neighbour(slice, -5), slice, grid.Neighbour(slice, 5)]);
        }

        float[] Raw(string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, name))).ToArray();
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() < 1e-5f);
    }
}
