# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hostile staging plants: traps in its database, links on the machines; and whether anybody's rights grew afterwards."""
