namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>What the person who imports a model says of it, and no file of its framework does.</summary>
public sealed record ImportOptions
{
    /// <summary>Name of the package and of its folder; null derives one from the source's files.</summary>
    public string? Id { get; init; }

    public string Version { get; init; } = "1.0.0";

    /// <summary><c>research</c> until the site has validated the model; see <see cref="ModelManifest.IntendedUse"/>.</summary>
    public string IntendedUse { get; init; } = "research";

    /// <summary>Licence of the weights; null takes what the source's files say, else <c>not stated</c>.</summary>
    public string? License { get; init; }

    /// <summary>What the weights were trained on; null takes what the source's files say, else <c>not stated</c>.</summary>
    public string? TrainingData { get; init; }

    /// <summary>Class key (<c>hematoma</c>, <c>ivh</c>, ...) to the label's name in the source; labels not named here get a key guessed from their name.
    /// </summary>
    public IReadOnlyDictionary<string, string> Map { get; init; } = new Dictionary<string, string>();

    /// <summary>To which sides of the patient the training arrays' x, y and z grew (<see cref="ModelGeometry.Orientation"/>), where the source's files do not
    /// tell.</summary>
    public string? Orientation { get; init; }

    /// <summary>nnU-Net only: which configuration of plans.json; null takes <c>3d_fullres</c>, else <c>2d</c>.</summary>
    public string? Configuration { get; init; }

    /// <summary>Axes of mirrored passes, e.g. <c>x</c>; empty for none (<see cref="ModelInferer.MirrorAxes"/>).</summary>
    public string Mirror { get; init; } = "";

    /// <summary>MONAI only: transforms of the bundle that the agent does not have and that are left out knowingly.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];
}

/// <summary>A source that cannot become a model package. The message names the file, the cause and the remedy.</summary>
public sealed class ModelImportException : Exception
{
    public ModelImportException(string message) : base(message) { }

    public ModelImportException(string message, Exception inner) : base(message, inner) { }
}
