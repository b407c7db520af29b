namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>A package that is not written yet: all but the files of its manifest, and where their contents come from.</summary>
/// <param name="Manifest">With <see cref="ModelManifest.Files"/> empty: <see cref="PackageWriter"/> fills it.</param>
/// <param name="Networks">One, or the members of an ensemble in their order.</param>
/// <param name="Title">The model card's first line: what the model is.</param>
/// <param name="Notes">What was guessed or left out on the way, for the person who imports and for the model card.</param>
public sealed record PackageDraft(ModelManifest Manifest, IReadOnlyList<PackageNetwork> Networks, string Title, IReadOnlyList<string> Notes);

/// <param name="Name">Name of the ONNX file in the package, e.g. <c>fold_0.onnx</c>.</param>
/// <param name="Write">Writes the ONNX file to the path given.</param>
/// <param name="Golden">Input and output from training; null makes a pair by running the network here on <see cref="SampleShape"/>.</param>
/// <param name="SampleShape">Shape of one input: batch, channels, then the spatial axes in voxels.</param>
/// <param name="GoldenTolerance">Largest absolute difference allowed.</param>
public sealed record PackageNetwork(string Name, Action<string> Write, GoldenPair? Golden, IReadOnlyList<int> SampleShape, double GoldenTolerance = 1e-3)
{
    /// <summary>A narrower tolerance for the check at import, on the processor; null takes <see cref="GoldenTolerance"/>.</summary>
    public double? ImportTolerance { get; init; }
}

/// <summary>An input of a network and the output that training gave for it, both in C order.</summary>
public sealed record GoldenPair(int[] InputShape, float[] Input, int[] OutputShape, float[] Output);
