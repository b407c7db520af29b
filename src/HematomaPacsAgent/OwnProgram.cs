using System.Diagnostics;

namespace HematomaPacsAgent;

/// <summary>This program once more, as a process that does one thing for us.</summary>
internal static class OwnProgram
{
    public static ProcessStartInfo With(string verb)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("the program does not know its own path");
        // Started as "dotnet hematoma-agent.dll", the program is dotnet.
        string[] arguments = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(OwnProgram).Assembly.Location, verb] : [verb];
        return new ProcessStartInfo(program, arguments);
    }
}
