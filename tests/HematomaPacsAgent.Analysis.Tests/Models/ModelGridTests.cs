using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class ModelGridTests
{
    [Fact]
    public void Neighbours_are_the_slices_nearest_to_the_trained_distance_and_the_ends_repeat()
    {
        // The GE head of the shared data: 4 mm slices, one gap of 1.1 mm, then 7 mm slices.
        float[] z = [0, 4, 8, 9, 16, 23, 30];
        VolumeGeometry geometry = new(8, 8, Vector3.UnitX, Vector3.UnitY, 1, 1, [.. z.Select(at => new Vector3(0, 0, at))], 4);
        ModelGeometry model = ModelPackage.Load(Packages.Segmentation).Manifest.Geometry;
        GridPlan plan = new(geometry, model, SourceBox.Whole(geometry));
        Assert.Equal([0, 0, 1, 1, 3, 4, 5], GridImages.Neighbours(plan, -5));
        Assert.Equal([1, 3, 4, 4, 5, 6, 6], GridImages.Neighbours(plan, 5));
        // Upside down: what was above comes before.
        GridPlan down = new(geometry, model with { Orientation = "LPI" }, SourceBox.Whole(geometry));
        Assert.Equal([6, 6, 5, 4, 4, 3, 1], GridImages.Neighbours(down, 5).Select(at => 6 - at));
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
        ModelManifest manifest = ModelPackage.Load(Packages.Segmentation).Manifest;
        GridPlan plan = new(phantom.Volume.Geometry, manifest.Geometry, SourceBox.Whole(phantom.Volume.Geometry));
        GridImage image = GridImages.Of(phantom.Volume, plan, manifest, TestContext.Current.CancellationToken);
        float[] slices = Raw("slices.raw");
        for (int slice = 0; slice < 12; slice++)
        {
            float[] picture = image.Channels[0].AsSpan(slice * 224 * 224, 224 * 224).ToArray();
            for (int row = 0; row < 192; row++)
                Near(slices.AsSpan((slice * 192 + row) * 192, 192).ToArray(), picture.AsSpan((row + 16) * 224 + 16, 192).ToArray());
            Assert.Equal<int>([.. told.Skip(1 + slice * 3).Take(3)], [.. image.SliceOf.Select(channel => channel[slice])]);
        }

        float[] Raw(string name) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(folder, name))).ToArray();
    }

    private static void Near(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.True(expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max() < 1e-5f);
    }
}
