namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>Files that could not be read, in words for findings and reports: how many and why, never what they are called. File names may hold a
/// patient's name.</summary>
public static class LeftAside
{
    /// <summary>A message about a file without the file's name and path.</summary>
    /// <param name="path">Of the file the message is about.</param>
    /// <param name="message">Of the exception.</param>
    public static string Cause(string path, string message)
    {
        string name = Path.GetFileName(path), start = name + ": ";
        if (message.StartsWith(start, StringComparison.Ordinal)) message = message[start.Length..];
        return message.Replace(path, "the file", StringComparison.Ordinal).Replace(name, "the file", StringComparison.Ordinal);
    }

    /// <summary>One sentence for each cause.</summary>
    /// <param name="causes">One for each file, without names.</param>
    public static IEnumerable<string> InWords(IEnumerable<string> causes) =>
        causes.GroupBy(cause => cause).Select(group => $"{group.Count()} {(group.Count() == 1 ? "file was" : "files were")} left aside: {group.Key}");
}
