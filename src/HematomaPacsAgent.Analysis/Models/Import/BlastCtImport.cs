using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>A weight file that became a member of the ensemble.</summary>
/// <param name="WeightFile">E.g. <c>model_1.pt</c>.</param>
/// <param name="OnnxFile">Its network in the package.</param>
/// <param name="PublisherDifference">Largest difference of its logits from the publisher's golden ones; null where those are missing.</param>
public sealed record BlastCtMember(string WeightFile, string OnnxFile, double? PublisherDifference);

/// <param name="Folder">The package.</param>
/// <param name="Members">In the order of their numbers.</param>
public sealed record BlastCtPackage(string Folder, IReadOnlyList<BlastCtMember> Members);

/// <summary>
/// Makes a model package of the published BLAST-CT weights (github.com/biomedia-mira/blast-ct, version 1, Apache-2.0): an ensemble of as many
/// <c>model_*.pt</c> as a folder holds. See docs/blast-ct.md. No Python is needed and no code in the weights is run.
/// </summary>
public static class BlastCtImport
{
    /// <summary>Largest difference from the publisher's logits with which a package is written.</summary>
    public const double Tolerance = 1e-4;

    private const int Classes = 5, GoldenSide = DeepMedicGraph.Step + 2 * DeepMedicGraph.Context;
    private const string GoldenInput = "golden.in.npy";
    private const double LowHu = -15, HighHu = 100;

    /// <summary>Writes the package; another one at the same place is replaced once the new one is complete.</summary>
    /// <param name="folder">Holds <c>model_1.pt</c>, <c>model_2.pt</c> …, and <c>golden.npz</c> where there is one: <c>hu</c> (95 × 95 × 95) and
    /// <c>logits_model_N</c> (5 × 15 × 15 × 15), what the publisher's code gives for it.</param>
    /// <param name="target">Folder of the package.</param>
    /// <param name="progress">What is being done, for a person to read.</param>
    /// <exception cref="ModelPackageException">A file is missing, damaged, would run code, is not this network, or gives other logits than the
    /// publisher's.</exception>
    public static BlastCtPackage Run(string folder, string target, IProgress<string>? progress, CancellationToken cancellation)
    {
        string[] weights = WeightFiles(folder);
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any() && !File.Exists(Path.Combine(target, ModelPackage.ManifestName)))
            throw new ModelPackageException($"{target} is there and is no model package. Remedy: name another folder, or empty this one");
        string fresh = $"{target}.new";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true); // left by an import that was cut off
        Directory.CreateDirectory(fresh);
        try
        {
            (float[] input, IReadOnlyDictionary<string, (int[] Shape, float[] Values)> published) = Golden(folder);
            int[] shape = [1, 1, GoldenSide, GoldenSide, GoldenSide];
            NpyFile.Write(Path.Combine(fresh, GoldenInput), shape, input);
            List<BlastCtMember> members = [];
            List<ModelFile> files = [];
            foreach (string path in weights)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report($"{Path.GetFileName(path)}: reading the weights and building the network");
                string name = Path.GetFileNameWithoutExtension(path), onnx = $"{name}.onnx", golden = $"{name}.golden.out.npy";
                byte[] network = Network(path);
                File.WriteAllBytes(Path.Combine(fresh, onnx), network);
                float[] logits = Run(network, path, input, shape);
                double? difference = null;
                if (published.TryGetValue($"logits_{name}", out (int[] Shape, float[] Values) expected))
                {
                    difference = Difference(logits, expected.Values);
                    if (!(difference <= Tolerance))
                        throw new ModelPackageException(string.Create(CultureInfo.InvariantCulture,
                            $"{path} gives logits up to {difference:G3} from those that golden.npz holds for it (allowed {Tolerance:G3}): "
                            + $"weights and golden output are not of one release. Remedy: fetch both anew"));
                    logits = expected.Values;
                    progress?.Report(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}: equals the published output to {difference:G2}"));
                }

                NpyFile.Write(Path.Combine(fresh, golden), [1, Classes, DeepMedicGraph.Step, DeepMedicGraph.Step, DeepMedicGraph.Step], logits);
                // Another processor or a GPU rounds differently: what is checked to 1e-4 here may differ by more there.
                files.Add(new ModelFile(onnx, Convert.ToHexStringLower(SHA256.HashData(network)), GoldenInput, golden, 1e-3));
                members.Add(new BlastCtMember(Path.GetFileName(path), onnx, difference));
            }

            File.WriteAllBytes(Path.Combine(fresh, ModelPackage.ManifestName),
                JsonSerializer.SerializeToUtf8Bytes(BlastCtManifest.Of(files, members, weights), ModelPackage.Json));
            string license = Path.Combine(folder, "LICENSE.txt");
            if (File.Exists(license)) File.WriteAllBytes(Path.Combine(fresh, "LICENSE.txt"), File.ReadAllBytes(license));
            ModelPackage.Load(fresh, ModelKind.Segmentation); // what is written must be what is read
            cancellation.ThrowIfCancellationRequested();
            Replace(target, fresh);
            progress?.Report($"{target}: written, {members.Count} member{(members.Count == 1 ? "" : "s")}");
            return new BlastCtPackage(target, members);
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }
    }

    private static string[] WeightFiles(string folder)
    {
        if (!Directory.Exists(folder)) throw new ModelPackageException($"{folder} is not there. Remedy: name the folder with the weight files");
        (int Number, string Path)[] found = [.. Directory.EnumerateFiles(folder, "model_*.pt")
            .Select(path => (NumberOf(path), path)).Where(file => file.Item1 >= 0).OrderBy(file => file.Item1)];
        return found.Length > 0 ? [.. found.Select(file => file.Path)] : throw new ModelPackageException(
            $"{folder} holds no model_1.pt, model_2.pt ... Remedy: name the folder of the published weights (saved_models; docs/blast-ct.md)");

        static int NumberOf(string path) =>
            int.TryParse(Path.GetFileNameWithoutExtension(path).AsSpan("model_".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1;
    }

    private static byte[] Network(string path)
    {
        IReadOnlyDictionary<string, TorchTensor> tensors = TorchCheckpoint.Read(path);
        try
        {
            return DeepMedicGraph.Build(tensors, Classes);
        }
        catch (InvalidDataException other)
        {
            throw new ModelPackageException($"{path} does not hold the weights of BLAST-CT version 1: {other.Message}. "
                + "Remedy: fetch the weights that docs/blast-ct.md names", other);
        }
    }

    private static float[] Run(byte[] network, string path, float[] input, int[] shape)
    {
        try
        {
            using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            using InferenceSession session = new(network, options);
            using RunOptions run = new();
            using OrtValue tensor = OrtValue.CreateTensorValueFromMemory(input, [.. shape.Select(n => (long)n)]);
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, session.InputNames, [tensor], session.OutputNames);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        catch (OnnxRuntimeException refused)
        {
            throw new ModelPackageException($"The network made of {path} does not run here: {refused.Message}", refused);
        }
    }

    private static (float[] Input, IReadOnlyDictionary<string, (int[] Shape, float[] Values)> Published) Golden(string folder)
    {
        string path = Path.Combine(folder, "golden.npz");
        bool there = File.Exists(path);
        IReadOnlyDictionary<string, (int[] Shape, float[] Values)> arrays =
            there ? NpyFile.ReadZip(path) : new Dictionary<string, (int[], float[])>();
        float[] hu = new float[GoldenSide * GoldenSide * GoldenSide];
        if (there)
            hu = arrays.TryGetValue("hu", out (int[] Shape, float[] Values) stored) && stored.Values.Length == hu.Length ? stored.Values
                : throw new ModelPackageException(
                    $"{path} has no 'hu' of {GoldenSide} x {GoldenSide} x {GoldenSide} voxels. Remedy: fetch it anew, or leave it out");
        else
            // Without the publisher's: waves over the whole range of values, so that an altered file or a wrong processor shows.
            for (int i = 0; i < hu.Length; i++)
            {
                int x = i % GoldenSide, y = i / GoldenSide % GoldenSide, z = i / (GoldenSide * GoldenSide);
                hu[i] = (float)(42 + 40 * Math.Sin(x * 0.21) * Math.Cos(y * 0.17) + 25 * Math.Sin(z * 0.29));
            }

        return ([.. hu.Select(value => (float)((2 * Math.Clamp(value, LowHu, HighHu) - (LowHu + HighHu)) / (HighHu - LowHu)))], arrays);
    }

    private static double Difference(float[] a, float[] b) =>
        a.Length == b.Length ? a.Zip(b, (x, y) => Math.Abs((double)x - y)).Max() : double.PositiveInfinity;

    /// <summary>The old package is moved away whole and the new one moved in whole: nobody reads half of one.</summary>
    private static void Replace(string target, string fresh)
    {
        string old = $"{target}.old";
        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
        if (Directory.Exists(target)) Directory.Move(target, old);
        try
        {
            Directory.Move(fresh, target);
        }
        catch (IOException) when (Directory.Exists(old) && !Directory.Exists(target))
        {
            Directory.Move(old, target);
            throw;
        }

        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
    }
}
