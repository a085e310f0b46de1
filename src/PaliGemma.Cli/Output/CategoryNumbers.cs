using PaliGemma.Tasks;

namespace PaliGemma.Cli.Output;

/// <summary>Numbers labels from 0: first the things asked for, in order, then what else the model names.</summary>
internal sealed class CategoryNumbers
{
    private readonly List<string> _names = [];

    public IReadOnlyList<string> Names => _names;

    public void Add(TaskPrompt task)
    {
        foreach (string thing in task is ObjectPrompt objects ? objects.Things : [])
        {
            Of(thing);
        }
    }

    public int Of(string label)
    {
        int number = _names.IndexOf(label);
        if (number < 0)
        {
            number = _names.Count;
            _names.Add(label);
        }
        return number;
    }
}
