using System.Text.Encodings.Web;
using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Evaluation.Metrics;

namespace PaliGemma.Evaluation;

/// <summary>
/// The answers of a benchmark as lines of JSON, each written as soon as it is known: a run that was killed goes on after the last whole
/// line. The first line says what was run. When all is done the file is written anew, with each answer's score.
/// </summary>
public sealed class PredictionFile : IDisposable
{
    private readonly string _path;
    private readonly string _run;
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);
    private readonly FileStream _stream;

    /// <summary>Opens a file, or begins one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="run">What is run: the benchmark, its data, the model and how pictures are resized.</param>
    /// <exception cref="ModelFileException">The file is of another run, or damaged before its last line.</exception>
    public PredictionFile(string path, string run)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        (_path, _run) = (path, run);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ModelFileException($"{folder} cannot be a folder for answers: {error.Message}", error);
        }
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            _stream.SetLength(ReadWholeLines());
            _stream.Seek(0, SeekOrigin.End);
            if (_stream.Length == 0)
            {
                WriteLine(WriteRun);
            }
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>An example's answer; null if it is not known yet, or if something else was asked.</summary>
    public ExampleAnswer? Find(Example example)
    {
        ArgumentNullException.ThrowIfNull(example);
        return _known.TryGetValue(example.Id, out Known? answer) && answer.Prompt == example.Prompt
            ? new ExampleAnswer(example, answer.Text, answer.Scores)
            : null;
    }

    /// <summary>Appends answers.</summary>
    public void Append(IReadOnlyList<ExampleAnswer> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        foreach (ExampleAnswer answer in answers)
        {
            Known known = new(answer.Example.Prompt, answer.Text, [.. answer.ObjectScores]);
            _known[answer.Example.Id] = known;
            WriteLine(json => WriteAnswer(json, answer.Example.Id, known));
        }
        _stream.Flush();
    }

    /// <summary>
    /// Writes the file anew, with scores. Answers that were not measured this time, because there was a limit, stay in it.
    /// </summary>
    public void Complete(Measurement measurement)
    {
        ArgumentNullException.ThrowIfNull(measurement);
        Dictionary<string, Known> others = new(_known, StringComparer.Ordinal);
        StagedPath.WriteFile(_path, file =>
        {
            using (FileStream target = new(file, FileMode.Create, FileAccess.Write))
            {
                WriteLine(target, WriteRun);
                foreach (ScoredAnswer scored in measurement.Answers)
                {
                    ExampleAnswer answer = scored.Answer;
                    others.Remove(answer.Example.Id);
                    WriteLine(target, json =>
                    {
                        WriteAnswer(json, answer.Example.Id, new Known(answer.Example.Prompt, answer.Text, [.. answer.ObjectScores]));
                        json.WriteNumber("score"u8, scored.Score);
                    });
                }
                foreach ((string id, Known answer) in others)
                {
                    WriteLine(target, json => WriteAnswer(json, id, answer));
                }
            }
            // Not every system replaces a file that is open.
            _stream.Dispose();
        });
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static void WriteAnswer(Utf8JsonWriter json, string id, Known answer)
    {
        json.WriteString("id"u8, id);
        json.WriteString("prompt"u8, answer.Prompt);
        json.WriteString("answer"u8, answer.Text);
        if (answer.Scores.Length > 0)
        {
            json.WriteStartArray("objectScores"u8);
            foreach (float score in answer.Scores)
            {
                json.WriteNumberValue(score);
            }
            json.WriteEndArray();
        }
    }

    private void WriteLine(Action<Utf8JsonWriter> write) => WriteLine(_stream, write);

    /// <summary>Writes a line in one piece: a process that is killed then leaves at most one torn line.</summary>
    private static void WriteLine(FileStream stream, Action<Utf8JsonWriter> write) => stream.Write(Line(write));

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    private void WriteRun(Utf8JsonWriter json) => json.WriteString("run"u8, _run);

    /// <summary>Reads what is known, and gives the length of the file without a torn last line.</summary>
    private long ReadWholeLines()
    {
        if (_stream.Length > Array.MaxLength)
        {
            throw new ModelFileException($"{_path} has {_stream.Length} bytes; expected a file of answers of at most {Array.MaxLength}.");
        }
        byte[] content = new byte[_stream.Length];
        _stream.ReadExactly(content);
        int whole = content.AsSpan().LastIndexOf((byte)'\n') + 1;
        if (whole == 0 && !Line(WriteRun).AsSpan().StartsWith(content))
        {
            throw new ModelFileException($"{_path} is no file of answers; expected one that such a run began, or a name that is not taken.");
        }
        int number = 0;
        for (int start = 0; start < whole;)
        {
            int length = content.AsSpan(start).IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = content.AsSpan(start, length);
            start += length + 1;
            string place = $"{_path}, line {++number}";
            if (number == 1 || line.ContainsAnyExcept(" \t\r"u8))
            {
                JsonRecord.Read(line, place, prefix: "", fields => number == 1 ? CheckRun(fields) : Take(fields));
            }
        }
        return whole;
    }

    private bool CheckRun(JsonFields fields) => fields.RequiredText("run") == _run
        ? true
        : throw new ModelFileException(
            $"{_path} has the answers of another run, {fields.RequiredText("run")}; expected {_run}, or another name for the file.");

    private bool Take(JsonFields fields)
    {
        float[] scores = fields.TryGet("objectScores", out JsonElement list) ? fields.Numbers("objectScores", list) : [];
        _known[fields.RequiredText("id")] = new Known(fields.RequiredText("prompt"), fields.RequiredText("answer"), scores);
        return true;
    }

    /// <summary>An answer of an earlier run, or of this one.</summary>
    private sealed record Known(string Prompt, string Text, float[] Scores);
}
