namespace PaliGemma.Training.Data;

/// <summary>
/// The examples of a run, one after another without end. What an index gives depends on nothing else, so a run can go on anywhere, and
/// threads can read ahead in any order.
/// </summary>
public interface IExampleSource
{
    /// <summary>The example at a place of the run. Safe for several threads.</summary>
    /// <param name="index">Counted from 0.</param>
    /// <exception cref="ModelFileException">A file of the example cannot be used.</exception>
    TrainingExample Read(long index);
}
