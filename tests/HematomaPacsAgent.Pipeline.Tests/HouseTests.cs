using System.Text.RegularExpressions;
using System.Xml.Linq;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests;

/// <summary>The house stays as it is drawn: who may reference whom, and that the walk through a study is true.</summary>
public sealed partial class HouseTests
{
    private static readonly Dictionary<string, string[]> Drawn = new()
    {
        ["HematomaPacsAgent.Dicom"] = [],
        ["HematomaPacsAgent.Analysis"] = [],
        ["HematomaPacsAgent.Pipeline"] = ["HematomaPacsAgent.Analysis", "HematomaPacsAgent.Dicom"],
        ["HematomaPacsAgent.Migrations"] = ["HematomaPacsAgent.Pipeline"],
        ["HematomaPacsAgent"] = ["HematomaPacsAgent.Migrations", "HematomaPacsAgent.Pipeline"],
    };

    [Fact]
    public void The_project_graph_has_the_arrows_that_are_drawn_and_no_other()
    {
        Dictionary<string, string[]> found = Directory.EnumerateFiles(SharedFiles.Repository, "*.csproj", SearchOption.AllDirectories)
            .Where(file => Path.GetRelativePath(SharedFiles.Repository, file).Split(Path.DirectorySeparatorChar)[0] is "src" or "migrations")
            .ToDictionary(file => Path.GetFileNameWithoutExtension(file), References);
        Assert.Equal(Drawn.Keys.Order(), found.Keys.Order());
        Assert.All(Drawn, project => Assert.Equal(project.Value.Order(), found[project.Key].Order()));
    }

    [Fact]
    public void Every_method_that_the_walk_names_is_where_the_walk_says()
    {
        string walk = File.ReadAllText(Path.Combine(SharedFiles.Repository, "docs", "walk-a-study.md"));
        (string Method, string File)[] steps = [.. Step().Matches(walk).Select(step => (step.Groups["method"].Value, step.Groups["file"].Value))];
        Assert.True(steps.Length >= 11, $"only {steps.Length} steps found in the walk");
        Assert.All(steps, step =>
        {
            string code = File.ReadAllText(Path.Combine(SharedFiles.Repository, step.File));
            string[] parts = step.Method.Split('.');
            Assert.Matches($@"\b(class|record|struct)\s+{parts[0]}\b", code);
            Assert.Matches($@"\b{parts[1]}\(", code);
        });
    }

    [Fact]
    public void No_file_is_longer_than_four_hundred_lines()
    {
        IEnumerable<(string File, int Lines)> sizes = new[] { "src", "migrations", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(SharedFiles.Repository, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.EndsWith(".g.cs", StringComparison.Ordinal) && !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains("migrations", StringComparison.Ordinal))
            .Select(file => (Path.GetRelativePath(SharedFiles.Repository, file), File.ReadLines(file).Count()));
        Assert.DoesNotContain(sizes, size => size.Lines > 400);
    }

    private static string[] References(string project) =>
        [.. XDocument.Load(project).Descendants("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')))];

    [GeneratedRegex(@"`(?<method>\w+\.\w+)` in `(?<file>[\w./]+\.cs)`")]
    private static partial Regex Step();
}
