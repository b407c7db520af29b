using System.Numerics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using CsCheck;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models.Engine;

/// <summary>The tiny networks and numbers of tests/golden/inference, made by make.py there, and packages of them.</summary>
internal static class TinyPackages
{
    public static readonly string Golden = Path.Combine(SharedFiles.Repository, "tests", "golden", "inference");

    public static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static readonly string[] Same = ["same-a", "same-b"], Valid = ["valid-a", "valid-b"];

    public static float[] Read(string name) => NpyFile.Read(Path.Combine(Golden, name + ".npy")).Values;

    public static int[] Shape(string name) => NpyFile.Read(Path.Combine(Golden, name + ".npy")).Shape;

    /// <summary>The small scan that make.py draws: 8 slices 4 mm apart of 24 x 20 pixels of 1.1 x 0.9 mm.</summary>
    public static Volume Scan() => Of("scan", 4, 1.1, 0.9);

    public static Volume Of(string name, double z, double y, double x)
    {
        int[] shape = Shape(name);
        VolumeGeometry geometry = new(shape[2], shape[1], Vector3.UnitX, Vector3.UnitY, x, y,
            [.. Enumerable.Range(0, shape[0]).Select(k => new Vector3(0, 0, (float)(k * z)))], z);
        return new Volume(geometry, Array.ConvertAll(Read(name), value => (short)value));
    }

    /// <summary>All of the volume counts as the inside of a skull.</summary>
    public static IntracranialSpace Everywhere(VolumeGeometry geometry)
    {
        Mask mask = new(geometry);
        Array.Fill(mask.Voxels, true);
        return new IntracranialSpace(mask, "");
    }

    public static ModelManifest NnUnet(params string[] networks) => Manifest(networks, 2) with
    {
        Ensemble = EnsembleRule.MeanLogits,
        Geometry = new ModelGeometry { Orientation = "LPS", Axes = "zyx", SpacingMm = [2.5, 1.5, 1.5], ImageOrder = 3, SeparateZRatio = 3, OrderZ = 0 },
        Normalization = new ModelNormalization { Scheme = NormalizationScheme.MeanSd, ClipHu = [-10, 90], Mean = 30, Sd = 20 },
        Inferer = new ModelInferer { Patch = [4, 12, 12], Overlap = 0.5, Batch = 3, MirrorAxes = "x" },
    };

    public static ModelManifest Monai(params string[] networks) => Manifest(networks, 2) with
    {
        Geometry = new ModelGeometry { Orientation = "RAS", Axes = "xyz", SpacingMm = [1.4, 1.3, 3.0], Alignment = GridAlignment.Origin },
        Normalization = new ModelNormalization { Scheme = NormalizationScheme.Range, ClipHu = [0, 80] },
        Inferer = new ModelInferer { Patch = [8, 12, 16], Overlap = 0.25, Tiling = TilingRule.Monai },
        Output = new ModelOutput
        {
            Activation = Activation.Sigmoid, Channels = 2, Classes = [new ModelClass(1, "hematoma", 0.5), new ModelClass(0, "edema", 0.5)],
        },
    };

    public static ModelManifest Context(params string[] networks) => Manifest(networks, 3) with
    {
        Geometry = new ModelGeometry { Orientation = "LPS", Axes = "zyx", SpacingMm = [2, 2, 2], Alignment = GridAlignment.Origin },
        Normalization = new ModelNormalization { Scheme = NormalizationScheme.Range, ClipHu = [-15, 100], OutRange = [-1, 1] },
        Inferer = new ModelInferer { Patch = [6, 6, 6], Context = 1, Overlap = 0, Blend = BlendRule.Constant, PadValue = -1 },
    };

    public static ModelManifest Slices(params string[] networks) => Manifest(networks, 2) with
    {
        Input = new ModelInput(InputLayout.Slices, [new ModelChannel(-4), new ModelChannel(), new ModelChannel(WindowHu: [40, 40])]),
        Geometry = new ModelGeometry { Orientation = "RPS", Axes = "xyz", SpacingMm = [1.2, 1.3, null] },
        Normalization = new ModelNormalization { Scheme = NormalizationScheme.Range, ClipHu = [0, 80] },
        Inferer = new ModelInferer { Patch = [9, 11], Overlap = 0.25, Tiling = TilingRule.Monai, Batch = 5, MirrorAxes = "x" },
    };

    /// <summary>Writes a package into a folder of its own.</summary>
    public static string Write(ModelManifest manifest, [CallerMemberName] string name = "")
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "packages", "tiny-" + name);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (string file in manifest.Files.SelectMany(file => (string[])[file.Path, file.GoldenInput, file.GoldenOutput]).Distinct())
            File.Copy(Path.Combine(Golden, file), Path.Combine(folder, file));
        File.WriteAllText(Path.Combine(folder, ModelPackage.ManifestName), JsonSerializer.Serialize(manifest, ModelPackage.Json));
        return folder;
    }

    private static string Digest(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Golden, file))));

    private static ModelManifest Manifest(string[] networks, int channels) => new()
    {
        Schema = ModelPackage.Schema,
        Id = "tiny",
        Version = "1",
        Kind = ModelKind.Segmentation,
        IntendedUse = "demonstration",
        License = "Apache-2.0",
        TrainingData = "none: random weights",
        Files = [.. networks.Select(network => new ModelFile(network + ".onnx", Digest(network + ".onnx"), network + ".in.npy", network + ".out.npy", 1e-4))],
        Input = new ModelInput(InputLayout.Volume, [new ModelChannel()]),
        Geometry = null!,
        Normalization = null!,
        Inferer = null!,
        Output = new ModelOutput { Activation = Activation.Softmax, Channels = channels, Classes = [new ModelClass(1, "hematoma")] },
    };
}

/// <summary>Compares with the reference, voxel by voxel.</summary>
internal static class Near
{
    public static void Equal(float[] expected, ReadOnlySpan<float> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++) worst = Math.Max(worst, Math.Abs((double)expected[i] - actual[i]));
        Assert.True(worst <= tolerance, $"largest difference {worst:G3}, allowed {tolerance:G3}");
    }
}
